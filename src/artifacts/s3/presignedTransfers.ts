// Transfers between clients and the bucket that go past this process, by presigned URLs. What a client has put there is taken in when a
// call first names it: through the same threads and checks as an upload, and only for the address that the URL was made for.
import type { Clock } from '../../clock.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { Address, ArtifactId } from '../../ids.js';
import type { Log } from '../../log.js';
import type { Store } from '../../store/environment.js';
import type { UploadClaims } from '../capability.js';
import type { Catalog } from '../catalog.js';
import { type ArtifactBackend, type ArtifactPlace, type ArtifactRef, encodedLimit } from '../port.js';
import type { Slots } from '../slots.js';
import { objectKeyOf } from './backend.js';
import type { Bucket } from './bucket.js';

export interface DirectTransfers {
  /** Undefined for what is private, and when none can be made now: our own URL does as well. Never rejects. */
  uploadUrl(claims: UploadClaims): Promise<string | undefined>;
  /** Undefined also when it is not in the bucket, or that cannot be asked now. Never rejects. */
  downloadUrl(ref: ArtifactRef, place: ArtifactPlace): Promise<string | undefined>;
  /**
   * Takes in what `owner` has put at its upload URL. Nothing happens when that is nothing, or the id is known. Rejects as
   * `ArtifactBackend.receive` does, or with BUCKET_UNAVAILABLE.
   */
  takeIn(id: ArtifactId, kind: 'program' | 'stdin', owner: Address): Promise<void>;
  /** Removes what was put and never named. */
  sweep(): Promise<void>;
}

export interface DirectTransfersParameters {
  readonly bucket: Bucket;
  /** Uploads at once, those that come by our own URLs included. */
  readonly slots: Slots;
  readonly catalog: Pick<Catalog, 'lookup' | 'upload'>;
  readonly backend: Pick<ArtifactBackend, 'receive' | 'measure'>;
  readonly store: Pick<Store, 'get'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Largest upload of a kind, in decompressed bytes. */
  readonly limitBytes: Readonly<Record<'program' | 'stdin', number>>;
}

/** As long as our own upload URLs (s). A download begins within seconds of the answer that holds its URL. */
const urlForS = 3_600;
/** An upload is named within seconds. The SDK gives up after two minutes (ms). Listing costs, so it is not done more often. */
const unnamedForMs = 3_600_000;

const folder = 'incoming';
/** Holds all that our own upload URLs claim, so a caller finds only what was put in its own name. */
const incomingKey = (id: ArtifactId, kind: 'program' | 'stdin', owner: Address) => `${folder}/${kind}/${owner}/${id}`;

export function createDirectTransfers(parameters: DirectTransfersParameters): DirectTransfers {
  const { bucket, slots, catalog, backend, store, clock, log, limitBytes } = parameters;
  /** Repeated calls wait for the first: a call may end before its large input is in, and the client asks again. */
  const underWay = new Map<string, Promise<void>>();
  /** In running time. */
  let sweepAt = 0;

  async function receiveInTurn(id: ArtifactId, kind: 'program' | 'stdin', owner: Address, key: string): Promise<void> {
    const giveBack = await slots.acquire(owner, new AbortController().signal);
    await receive(id, kind, owner, key).finally(giveBack);
  }

  async function receive(id: ArtifactId, kind: 'program' | 'stdin', owner: Address, key: string): Promise<void> {
    const { signal } = new AbortController();
    const found = await bucket.get(key, signal);
    if (found === undefined) return;
    const { body, sizeBytes: announcedBytes } = found;
    try {
      if (announcedBytes > encodedLimit(limitBytes[kind]))
        throw new FailureError(fail('ARTIFACT_TOO_LARGE', { kind, limitBytes: limitBytes[kind] }));
      const claims = { id, kind, private: false, owner, expiresAt: clock.now() };
      const limits = { limitBytes: limitBytes[kind], announcedBytes };
      const { sha256, sizeBytes } = await catalog.upload(claims, {
        receive: (nameFile) => backend.receive(id, claims, body, limits, signal, nameFile),
        measure: () => backend.measure(id, claims, body, limits, signal),
        announcedBytes,
      });
      log.info({ event: 'artifact.taken_in', artifactId: id, kind, sha256, sizeBytes }, 'taken in from the bucket');
    } finally {
      body.destroy();
    }
    // What stays is found by the sweep.
    await bucket.remove(key).catch(() => undefined);
  }

  return {
    async uploadUrl({ id, kind, private: isPrivate, owner }) {
      if (isPrivate) return undefined;
      return bucket.presign('PUT', incomingKey(id, kind, owner), urlForS).catch(() => undefined);
    },

    async downloadUrl({ id, sha256 }, { kind, private: isPrivate }) {
      if (isPrivate) return undefined;
      const key = objectKeyOf(id, kind);
      try {
        const facts = await bucket.head(key);
        return facts?.sha256 === sha256 ? await bucket.presign('GET', key, urlForS) : undefined;
      } catch {
        // The bucket has logged why. We may still have a copy.
        return undefined;
      }
    },

    async takeIn(id, kind, owner) {
      // Asked again for what has long been used: nothing is needed of the bucket.
      if (catalog.lookup(id) !== undefined || store.get('requestOfStdin', id) !== undefined) return;
      const key = incomingKey(id, kind, owner);
      const running = underWay.get(key) ?? receiveInTurn(id, kind, owner, key).finally(() => underWay.delete(key));
      underWay.set(key, running);
      await running;
    },

    async sweep() {
      if (clock.steady() < sweepAt) return;
      sweepAt = clock.steady() + unnamedForMs;
      const now = clock.now();
      for await (const { key, changedAt } of bucket.list(folder)) {
        if (changedAt <= now - unnamedForMs) await bucket.remove(key);
      }
    },
  };
}
