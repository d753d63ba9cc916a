// What is known about stored artifacts: who owns them, their digest, and what still needs them. Files follow records: a record is
// removed before its file, and a file is complete before its record, so a crash in between leaves at most a file without a record.
import { setImmediate as loopTurn } from 'node:timers/promises';
import type { Clock } from '../clock.js';
import { FailureError, fail } from '../errors.js';
import type { Address, ArtifactId } from '../ids.js';
import type { ArtifactRecord } from '../store/buckets.js';
import type { Store, Transaction } from '../store/environment.js';
import type { UploadClaims } from './capability.js';
import {
  type ArtifactBackend,
  type ArtifactKind,
  type ArtifactRef,
  artifactKinds,
  type ReceivedArtifact,
} from './port.js';

export interface Catalog {
  lookup(id: ArtifactId): ArtifactRecord | undefined;
  /** The record, if it is of this kind and owner. Throws ARTIFACT_NOT_UPLOADED or ARTIFACT_NOT_OWNED. */
  owned(id: ArtifactId, kind: ArtifactKind, owner: Address): ArtifactRecord;
  /**
   * Runs an upload and records what it stored; durable when it resolves. Again with the same bytes is fine and counts as stored now;
   * of a spent artifact they are compared and not stored. While it runs, nothing deletes the id. Rejects as `receive` and `measure`
   * do, and with ARTIFACT_CONFLICT.
   */
  upload(claims: UploadClaims, intake: UploadIntake): Promise<ArtifactRecord>;
  /** `by` (a request id or vk hash) needs it from this transaction on. Throws ARTIFACT_NOT_UPLOADED. */
  reference(tx: Transaction, id: ArtifactId, by: string): void;
  /** `by` needs it no longer: with nobody else the next sweep deletes it. Idempotent. */
  unreference(tx: Transaction, id: ArtifactId, by: string): void;
  /** Its request has ended: from this transaction on the bytes are nobody's, and its files may go. Idempotent. */
  spend(tx: Transaction, id: ArtifactId): void;
  /** Deletes what nothing references and was stored more than `olderThanMs` ago. Answers how many. */
  sweepUnreferenced(olderThanMs?: number): Promise<number>;
  /**
   * Deletes files without a record, which a crash may leave. `keep`: ids that are about to get one (proofs of open requests).
   * Answers how many.
   */
  sweepOrphans(keep: (id: ArtifactId) => boolean): Promise<number>;
}

/** Two ways to read the body of an upload; one of them is called, once. */
export interface UploadIntake {
  readonly receive: () => Promise<ReceivedArtifact>;
  /** Keeps nothing. */
  readonly measure: () => Promise<ArtifactRef>;
  /** Of the body as sent; undefined when the client did not say. */
  readonly announcedBytes: number | undefined;
}

/**
 * An SDK references its upload within seconds; an hour covers its two minutes of retries and any slow line. No upload URL outlives it,
 * so a spent record that goes by then cannot be missed.
 */
const unreferencedForMs = 60 * 60_000;
/** Records looked at in one turn of the loop, and removed in one transaction: a sweep must hold neither for long. */
const batchSize = 256;

export function createCatalog({
  store,
  backend,
  clock,
}: {
  store: Store;
  backend: Pick<ArtifactBackend, 'remove' | 'list'>;
  clock: Clock;
}): Catalog {
  /** How many uploads of an id are under way: a file that has no record yet must not pass for an orphan. */
  const uploading = new Map<ArtifactId, number>();
  /** Deletions under way; an upload of the same id waits, or its file would be deleted under its record. */
  const deleting = new Map<ArtifactId, Promise<void>>();

  const required = (tx: Pick<Transaction, 'get'>, id: ArtifactId): ArtifactRecord => {
    const record = tx.get('artifacts', id);
    if (!isStored(record)) throw new FailureError(fail('ARTIFACT_NOT_UPLOADED', { artifactId: id }));
    return record;
  };

  /** Removes the records that are still old and unreferenced inside the transaction, then their files. Answers how many went. */
  async function remove(ids: readonly ArtifactId[], isOld: (record: ArtifactRecord) => boolean): Promise<number> {
    const idle = ids.filter((id) => !uploading.has(id) && !deleting.has(id));
    const work = (async () => {
      const gone = await store.write((tx) =>
        idle.flatMap((id) => {
          const record = tx.get('artifacts', id);
          if (record === undefined || record.references.length > 0 || !isOld(record)) return [];
          tx.remove('artifacts', id);
          return [{ id, record }];
        }),
      );
      for (const { id, record } of gone) await backend.remove(id, record);
      return gone.length;
    })();
    return guarded(idle, work);
  }

  async function guarded<T>(ids: readonly ArtifactId[], work: Promise<T>): Promise<T> {
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    for (const id of ids) deleting.set(id, settled);
    try {
      return await work;
    } finally {
      for (const id of ids) deleting.delete(id);
    }
  }

  return {
    lookup: (id) => store.get('artifacts', id),

    owned(id, kind, owner) {
      const record = required(store, id);
      if (record.owner !== owner)
        throw new FailureError(fail('ARTIFACT_NOT_OWNED', { artifactId: id, owner: record.owner }));
      // A program named as a stdin was never uploaded as one.
      if (record.kind !== kind) throw new FailureError(fail('ARTIFACT_NOT_UPLOADED', { artifactId: id }));
      return record;
    },

    async upload(claims, intake) {
      const { id } = claims;
      while (deleting.has(id)) await deleting.get(id);
      uploading.set(id, (uploading.get(id) ?? 0) + 1);
      try {
        const isSpent = store.get('artifacts', id)?.spent === true;
        const received: ReceivedArtifact = await (isSpent ? intake.measure() : intake.receive());
        const { sha256, sizeBytes, elf } = received;
        const recorded = store.write((tx) => {
          const before = tx.get('artifacts', id);
          if (
            before !== undefined &&
            (before.sha256 !== sha256 || before.owner !== claims.owner || before.kind !== claims.kind)
          ) {
            throw new FailureError(fail('ARTIFACT_CONFLICT', { artifactId: id }));
          }
          // Spent already, or meanwhile.
          if (before?.spent) return before;
          const record: ArtifactRecord = {
            kind: claims.kind,
            owner: claims.owner,
            private: claims.private,
            sha256,
            sizeBytes,
            ...(elf && { elf }),
            storedAt: clock.now(),
            references: before?.references ?? [],
          };
          tx.put('artifacts', [id], record);
          return record;
        });
        return await recorded.finally(async () => {
          // Nobody needs these bytes: they must not stay until the next start, least of all on a disk that is full.
          const isUnwanted = !isSpent && uploading.get(id) === 1 && !isStored(store.get('artifacts', id));
          if (isUnwanted) await guarded([id], backend.remove(id, claims)).catch(() => undefined);
        });
      } finally {
        const left = (uploading.get(id) ?? 1) - 1;
        if (left > 0) uploading.set(id, left);
        else uploading.delete(id);
      }
    },

    reference(tx, id, by) {
      const record = required(tx, id);
      if (record.references.includes(by)) return;
      tx.put('artifacts', [id], { ...record, references: [...record.references, by] });
    },

    unreference(tx, id, by) {
      const record = tx.get('artifacts', id);
      if (record === undefined) return;
      tx.put('artifacts', [id], { ...record, references: record.references.filter((each) => each !== by) });
    },

    spend(tx, id) {
      const record = tx.get('artifacts', id);
      if (record !== undefined) tx.put('artifacts', [id], { ...record, references: [], spent: true });
    },

    async sweepUnreferenced(olderThanMs = unreferencedForMs) {
      const before = clock.now() - olderThanMs;
      const isOld = (record: ArtifactRecord) => record.storedAt <= before;
      let count = 0;
      let after: [ArtifactId] | undefined;
      for (;;) {
        const slice = [...store.scan('artifacts', [], { limit: batchSize, after })];
        const idle = slice.flatMap(({ key: [id], value }) =>
          value.references.length === 0 && isOld(value) ? [id] : [],
        );
        if (idle.length > 0) count += await remove(idle, isOld);
        after = slice.at(-1)?.key;
        if (slice.length < batchSize) return count;
        await loopTurn();
      }
    },

    async sweepOrphans(keep) {
      let count = 0;
      for (const kind of artifactKinds) {
        for await (const { id, place } of backend.list(kind)) {
          const isNeeded = () =>
            isStored(store.get('artifacts', id)) || uploading.has(id) || deleting.has(id) || keep(id);
          if (isNeeded()) continue;
          await guarded([id], backend.remove(id, place));
          count += 1;
        }
      }
      return count;
    },
  };
}

const isStored = (record: ArtifactRecord | undefined): record is ArtifactRecord =>
  record !== undefined && record.spent !== true;
