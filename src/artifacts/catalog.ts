// What is known about stored artifacts: who owns them, their digest, and what still needs them. Files follow records: a record is
// removed before its file, and a file is complete before its record, so a crash in between leaves at most a file without a record.
import type { Clock, SteadyMs } from '../clock.js';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import type { Address, ArtifactId } from '../ids.js';
import type { ArtifactRecord } from '../store/buckets.js';
import type { Store, Transaction } from '../store/environment.js';
import type { ArtifactKind } from '../storedBytes/storedFile.js';
import type { UploadClaims } from './capability.js';
import { createOrphans, type Orphan } from './orphans.js';
import type { ArtifactBackend, ArtifactRef, NameFile, ReceivedArtifact } from './port.js';
import { type Stored, StoredCensus } from './storedCensus.js';
import { UnderWay } from './underWay.js';

export interface Catalog {
  lookup(id: ArtifactId): ArtifactRecord | undefined;
  /** The record, if it is of this kind and owner. Throws ARTIFACT_NOT_UPLOADED or ARTIFACT_NOT_OWNED. */
  owned(id: ArtifactId, kind: ArtifactKind, owner: Address): ArtifactRecord;
  /**
   * Runs an upload and records what it stored. The record is durable when it resolves. The same bytes may be uploaded again and then
   * count as stored now. For a spent artifact they are compared and not stored. While the upload runs, nothing deletes the id. Rejects
   * as `receive` and `measure` do, and with ARTIFACT_CONFLICT.
   */
  upload(claims: UploadClaims & { readonly ofRequest?: true }, intake: UploadIntake): Promise<ArtifactRecord>;
  /** `by` (a request id or vk hash) needs it from this transaction on. Answers its record. Throws ARTIFACT_NOT_UPLOADED. */
  reference(tx: Transaction, id: ArtifactId, by: string): ArtifactRecord;
  /** `by` needs it no longer. If no other reference is left, the next sweep deletes it. Idempotent. */
  unreference(tx: Transaction, id: ArtifactId, by: string): void;
  /** Its request has ended. From this transaction on the bytes have no owner, and the files may go. Idempotent. */
  spend(tx: Transaction, id: ArtifactId): void;
  /** Deletes what nothing references and was stored more than `olderThanMs` ago. Answers how many. */
  sweepUnreferenced(olderThanMs?: number): Promise<number>;
  /**
   * Deletes files without a record, which a crash may leave. `keep`: ids that are about to get one (proofs of open requests).
   * Answers how many.
   */
  sweepOrphans(keep: (id: ArtifactId) => boolean): Promise<number>;
  /** How much was stored when `sweepUnreferenced` looked last. Undefined before its first look. */
  stored(): Stored | undefined;
  /** What `sweepUnreferenced` would delete now, beside marks of what is spent: how many, and of how many bytes. */
  countUnreferenced(): Promise<{ readonly count: number; readonly bytes: number }>;
  /** Files that have no record and are not being uploaded. Some may be about to get one, as above. */
  findOrphans(): Promise<readonly Orphan[]>;
  /** Deletes those of them that still are orphans, and are not to be kept. Answers how many. */
  removeOrphans(found: readonly Orphan[], keep: (id: ArtifactId) => boolean): Promise<number>;
}

/** Two ways to read the body of an upload. One of them is called, once. */
export interface UploadIntake {
  readonly receive: (nameFile?: NameFile) => Promise<ReceivedArtifact>;
  /** Keeps nothing. */
  readonly measure: () => Promise<ArtifactRef>;
  /** Of the body as sent. Undefined when the client did not say. */
  readonly announcedBytes: number | undefined;
}

/**
 * An SDK references its upload within seconds. An hour covers its two minutes of retries and any slow line. No upload URL outlives it,
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
  const underWay = new UnderWay();
  let stored: Stored | undefined;

  /** Since when an upload of this life of the service lies unused: by running time, whatever becomes of the clock meanwhile. */
  const storedInRun = new Map<ArtifactId, SteadyMs>();
  const opened = { at: clock.now(), steady: clock.steady() };
  const ageMsOf = (id: ArtifactId, record: ArtifactRecord): number =>
    clock.steady() - (storedInRun.get(id) ?? opened.steady - Math.max(0, opened.at - record.storedAt));

  const required = (tx: Pick<Transaction, 'get'>, id: ArtifactId): ArtifactRecord => {
    const record = tx.get('artifacts', id);
    if (!isStored(record)) throw new FailureError(fail('ARTIFACT_NOT_UPLOADED', { artifactId: id }));
    return record;
  };

  /** Removes the records that are still old and unreferenced inside the transaction, then their files. Answers how many went. */
  async function remove(
    ids: readonly ArtifactId[],
    isOld: (id: ArtifactId, record: ArtifactRecord) => boolean,
  ): Promise<number> {
    const idle = ids.filter((id) => !underWay.has(id) && !underWay.has(fileOf(id)));
    const files = new Set(idle.map(fileOf));
    const work = (async () => {
      const gone = await store.write((tx) =>
        idle.flatMap((id) => {
          const record = tx.get('artifacts', id);
          if (record === undefined || record.references.length > 0 || !isOld(id, record)) return [];
          tx.remove('artifacts', id);
          return [{ id, record, isLast: record.fileId === undefined || isLastOf(tx, record.fileId) }];
        }),
      );
      for (const { id, record, isLast } of gone) if (isLast) await backend.remove(record.fileId ?? id, record);
      return gone.length;
    })();
    return underWay.whileDeleting([...idle, ...files], work);
  }

  const fileOf = (id: ArtifactId): ArtifactId => store.get('artifacts', id)?.fileId ?? id;

  /** Some record says that bytes lie in this file. */
  const isKept = (file: ArtifactId): boolean =>
    isStored(store.get('artifacts', file)) || store.get('sharedFiles', file) !== undefined;

  /** One less has its bytes in the file. */
  function isLastOf(tx: Transaction, file: ArtifactId): boolean {
    const left = (tx.get('sharedFiles', file) ?? 1) - 1;
    if (left > 0) tx.put('sharedFiles', [file], left);
    else tx.remove('sharedFiles', file);
    return left <= 0;
  }

  const orphans = createOrphans({ backend, underWay, isKept });

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
      await underWay.beginUpload(id);
      let file = id;
      try {
        const earlier = store.get('artifacts', id);
        const isSpent = earlier?.spent === true;
        const isShared = mayShare(claims, earlier);
        const nameFile: NameFile = async (sha256) => {
          const shared = sha256 as string as ArtifactId;
          await underWay.beginUpload(shared);
          file = shared;
          return file;
        };
        const received: ReceivedArtifact = await (isSpent
          ? intake.measure()
          : intake.receive(isShared ? nameFile : undefined));
        const recorded = store.write((tx) => recordUpload(tx, claims, { ...received, id: file }, clock.now()));
        if (!isSpent) storedInRun.set(id, clock.steady());
        return await recorded.finally(async () => {
          // These bytes are not needed. They must not stay until the next start, least of all on a full disk.
          const isUnwanted = !isSpent && underWay.uploadsOf(file) === 1 && !isKept(file);
          if (isUnwanted) await underWay.whileDeleting([file], backend.remove(file, claims)).catch(() => undefined);
        });
      } finally {
        underWay.endUpload(id);
        if (file !== id) underWay.endUpload(file);
      }
    },

    reference(tx, id, by) {
      const record = required(tx, id);
      if (record.references.includes(by)) return record;
      const referenced = { ...record, references: [...record.references, by] };
      tx.put('artifacts', [id], referenced);
      return referenced;
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
      const isOld = (id: ArtifactId, record: ArtifactRecord) => ageMsOf(id, record) >= olderThanMs;
      let count = 0;
      const census = new StoredCensus();
      for await (const slice of store.slices('artifacts', { limit: batchSize, turn: clock.turn })) {
        const idle = slice.flatMap(({ key: [id], value }) =>
          value.references.length === 0 && isOld(id, value) ? [id] : [],
        );
        if (idle.length > 0) count += await remove(idle, isOld);
        const looked = new Set(idle);
        for (const { key, value } of slice)
          if (!looked.has(key[0]) || store.get('artifacts', key[0]) !== undefined) census.add(value);
      }
      stored = census.stored;
      // What is older than that is old by its record too.
      for (const [id, at] of storedInRun) if (clock.steady() - at >= olderThanMs) storedInRun.delete(id);
      return count;
    },

    sweepOrphans: async (keep) => orphans.remove(await orphans.find(), keep),
    findOrphans: orphans.find,
    removeOrphans: orphans.remove,

    stored: () => stored,
    countUnreferenced: () => countOld(store, clock, (id, record) => ageMsOf(id, record) >= unreferencedForMs),
  };
}

async function countOld(
  store: Pick<Store, 'slices'>,
  clock: Pick<Clock, 'turn'>,
  isOld: (id: ArtifactId, record: ArtifactRecord) => boolean,
): Promise<{ count: number; bytes: number }> {
  let [count, bytes] = [0, 0];
  for await (const slice of store.slices('artifacts', { limit: batchSize, turn: clock.turn }))
    for (const { key, value } of slice) {
      if (value.spent || value.references.length > 0 || !isOld(key[0], value)) continue;
      count += 1;
      bytes += value.sizeBytes;
    }
  return { count, bytes };
}

/** Many requesters upload the same program, often several times before its first proof. Trust hangs on the record, not on the file. */
const mayShare = ({ kind, ofRequest }: { kind: ArtifactKind; ofRequest?: true }, earlier: ArtifactRecord | undefined) =>
  kind === 'program' && !ofRequest && (earlier === undefined || earlier.fileId !== undefined);

const isStored = (record: ArtifactRecord | undefined): record is ArtifactRecord =>
  record !== undefined && record.spent !== true;

/** `received.id` is that of the file. Throws ARTIFACT_CONFLICT. What is spent already, or was meanwhile, stays as it is. */
function recordUpload(
  tx: Transaction,
  claims: UploadClaims & { readonly ofRequest?: true },
  received: ReceivedArtifact,
  storedAt: number,
): ArtifactRecord {
  const { id, kind, owner } = claims;
  const { id: file, sha256, sizeBytes, elf } = received;
  const before = tx.get('artifacts', id);
  if (before !== undefined && (before.sha256 !== sha256 || before.owner !== owner || before.kind !== kind))
    throw new FailureError(fail('ARTIFACT_CONFLICT', { artifactId: id }));
  if (before?.spent) return before;
  const record: ArtifactRecord = {
    kind,
    owner,
    private: claims.private,
    sha256,
    sizeBytes,
    ...(elf && { elf }),
    ...(file !== id && { fileId: file }),
    ...(claims.ofRequest && { ofRequest: true }),
    storedAt,
    references: before?.references ?? [],
  };
  if (file !== id && before === undefined) tx.put('sharedFiles', [file], (tx.get('sharedFiles', file) ?? 0) + 1);
  tx.put('artifacts', [id], record);
  return record;
}
