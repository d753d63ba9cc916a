// Upload URLs that carry what they allow: a MAC over their own claims. Nothing is stored when one is made, so CreateArtifact
// needs neither disk nor queue. The holder of the URL may upload these bytes, in this role, until it expires.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock, EpochMs } from '../clock.js';
import { fail } from '../failures/fail.js';
import { failed, type Outcome, succeeded } from '../failures/outcome.js';
import { type Address, type ArtifactId, parseAddress, parseArtifactId } from '../ids.js';

export interface UploadClaims {
  readonly id: ArtifactId;
  readonly kind: 'program' | 'stdin';
  /** The stdin was announced as PRIVATE_STDIN. */
  readonly private: boolean;
  readonly owner: Address;
  /** Epoch ms; whole seconds on the wire, rounded up. An upload must begin before it. */
  readonly expiresAt: EpochMs;
}

export interface Capabilities {
  /** Path and query of the URL to PUT to. The caller puts its origin in front. */
  mint(claims: UploadClaims): string;
  /** Reads the target of a PUT to `/artifacts/<id>`. Fails with ARTIFACT_FORBIDDEN when anything was altered or the URL has expired. */
  check(id: ArtifactId, query: URLSearchParams): Outcome<UploadClaims>;
}

const scheme = 'artifact://';

/** The URI of an artifact on the wire: CreateArtifact answers it, RequestProof and CreateProgram echo it. */
export const artifactUri = (id: ArtifactId): string => `${scheme}${id}`;

/** Undefined for anything that `artifactUri` does not make. */
export function parseArtifactUri(text: string): ArtifactId | undefined {
  const id = text.startsWith(scheme) ? parseArtifactId(text.slice(scheme.length)) : undefined;
  return id !== undefined && artifactUri(id) === text ? id : undefined;
}

const parameters = ['kind', 'private', 'owner', 'expires', 'mac'] as const;

/** `key`: 32 random bytes. With another key all URLs minted before are refused. */
export function createCapabilities({ key, clock }: { key: Uint8Array; clock: Clock }): Capabilities {
  if (key.byteLength !== 32) throw new RangeError('the key of upload URLs must have 32 bytes');

  // The first line keeps this MAC apart from whatever else the key may ever sign; no claim can hold a line break.
  const macOf = (id: ArtifactId, kind: string, isPrivate: string, owner: string, expires: string): Buffer =>
    createHmac('sha256', key)
      .update(['sealed-prover artifact upload 1', id, kind, isPrivate, owner, expires].join('\n'))
      .digest();

  return {
    mint(claims) {
      const isPrivate = claims.private ? '1' : '0';
      const expires = String(Math.ceil(claims.expiresAt / 1000));
      const mac = macOf(claims.id, claims.kind, isPrivate, claims.owner, expires).toString('hex');
      const query = { kind: claims.kind, private: isPrivate, owner: claims.owner, expires, mac };
      return `/artifacts/${claims.id}?${new URLSearchParams(query)}`;
    },

    check(id, query) {
      const forbidden = (problem: string) => failed(fail('ARTIFACT_FORBIDDEN', { artifactId: id, problem }));
      const isComplete = query.size === parameters.length && parameters.every((name) => query.has(name));
      if (!isComplete) return forbidden('it is not a URL that CreateArtifact answered');
      const [kind, isPrivate, owner, expires, mac] = parameters.map((name) => query.get(name) as string) as [
        string,
        string,
        string,
        string,
        string,
      ];
      const expected = macOf(id, kind, isPrivate, owner, expires);
      const given = /^[0-9a-f]{64}$/.test(mac) ? Buffer.from(mac, 'hex') : Buffer.alloc(expected.byteLength);
      if (!timingSafeEqual(expected, given))
        return forbidden('it was altered, or the service has changed its key since');
      // The MAC vouches for the form of all claims: only `mint` makes it.
      const expiresAt = Number(expires) * 1000;
      if (clock.now() >= expiresAt) return forbidden('it has expired');
      return succeeded({
        id,
        kind: kind as UploadClaims['kind'],
        private: isPrivate === '1',
        owner: parseAddress(owner) as Address,
        expiresAt,
      });
    },
  };
}
