// Who may come in as an operator from elsewhere, and as what: the list of --operators. It holds digests only, which are compared in constant
// time: how long an answer takes says nothing about a token, nor about which of them was nearly right.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Role } from '../../../gen/admin/v1/access_pb.js';
import { bearerOf, isToken } from '../../access/bearer.js';
import { parseLines } from '../../access/lines.js';
import type { Shown } from '../../connect/caller.js';
import { roleNames } from './roles.js';

export interface Operator {
  readonly name: string;
  readonly role: Role;
}

interface Listed extends Operator {
  readonly tokens: readonly Buffer[];
  readonly certificates: readonly string[];
}

/** Each is compared with every token that comes. More people than that need a directory. */
const most = 500;
const mostCredentials = 8;
const name = /^[\w.@+-]{1,40}$/;
const digest = /^[0-9a-f]{64}$/;

const lineForm =
  'ROLE NAME CREDENTIAL: read, operate or own; a name that no other line has, 1 to 40 letters, digits and . _ @ + -; and token:TEXT (16 to 512 visible characters) or sha256:HEX of one';
const certificateForm = ' or cert:HEX, the SHA-256 fingerprint of a client certificate, none of them on another line';
const noCertificateForm = ', none of them on another line; cert:HEX needs --admin-tls-client-ca';

export class Operators {
  #listed: readonly Listed[] = [];
  readonly #listeners = new Set<() => void>();

  /** `certificates`: connections may show some, because a CA for them is configured. */
  constructor(private readonly takes: { readonly certificates: boolean }) {}

  /** Takes a new list. Throws when a line is none; the old list then stays. The error names the line and nothing that stands there. */
  replace(text: string): void {
    const seen = new Set<string>();
    const isNew = (what: string) => !seen.has(what) && seen.add(what) !== undefined;
    const form = lineForm + (this.takes.certificates ? certificateForm : noCertificateForm);
    const parse = (line: string): Listed | undefined => {
      const [role = '', given = '', ...credentials] = line.split(/\s+/);
      if (!Object.hasOwn(roleNames, role) || !name.test(given) || !isNew(`name ${given.toLowerCase()}`))
        return undefined;
      const parsed = credentials.map((each) => credentialIn(each, this.takes.certificates));
      if (parsed.length === 0 || parsed.length > mostCredentials) return undefined;
      if (parsed.some((each) => each === undefined || !isNew(`${each.kind} ${each.hex}`))) return undefined;
      const hexOf = (kind: string) => parsed.flatMap((each) => (each?.kind === kind ? [each.hex] : []));
      return {
        name: given,
        role: roleNames[role as keyof typeof roleNames],
        tokens: hexOf('token').map((hex) => Buffer.from(hex, 'hex')),
        certificates: hexOf('cert'),
      };
    };
    this.#listed = parseLines(text, { parse, form, most });
    for (const listener of this.#listeners) listener();
  }

  /** Called when another list is in force. Returns the unsubscribe function. */
  onReplace(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** By its token, or where it sends none by its certificate. Undefined for everybody else, in the same time whatever is wrong. */
  find({ headers, peer }: Shown): Operator | undefined {
    const given = bearerOf(headers.authorization);
    const shown = sha256(given ?? '');
    let found: Operator | undefined;
    // No line is left out, and none is the last.
    for (const listed of this.#listed)
      for (const known of listed.tokens) if (timingSafeEqual(known, shown) && given !== undefined) found = listed;
    if (headers.authorization !== undefined || peer.certificate === undefined) return found;
    // A fingerprint is no secret: the handshake has shown who has the key.
    return this.#listed.find(({ certificates }) => certificates.includes(peer.certificate ?? ''));
  }
}

function credentialIn(
  text: string,
  takesCertificates: boolean,
): { readonly kind: 'token' | 'cert'; readonly hex: string } | undefined {
  const [, kind, value = ''] = /^(token|sha256|cert):(.*)$/.exec(text) ?? [];
  if (kind === 'token') return isToken(value) ? { kind: 'token', hex: sha256(value).toString('hex') } : undefined;
  // As openssl prints it, too.
  const hex = value.toLowerCase().replaceAll(':', '');
  if (!digest.test(hex) || (kind === 'cert' && !takesCertificates)) return undefined;
  return { kind: kind === 'cert' ? 'cert' : 'token', hex };
}

const sha256 = (text: string) => createHash('sha256').update(text).digest();
