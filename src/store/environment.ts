// The LMDB environment: opened once, written only through `write`, which answers after the flush.
import { mkdirSync, statfsSync } from 'node:fs';
import { type Key, open, type RootDatabase } from 'lmdb';
import { type BucketName, type BucketTypes, bucketNumbers, schemaVersion } from './buckets.js';

type KeyOf<B extends BucketName> = BucketTypes[B]['key'];
type ValueOf<B extends BucketName> = BucketTypes[B]['value'];
/** The first parts of a key; a scan sees every key that starts with them. */
type Prefix<K extends readonly unknown[]> = K extends readonly [...infer Init, unknown] ? K | Prefix<Init> : K;

/** The writes of one transaction. They are applied in order, all or none. */
export interface Transaction {
  get<B extends BucketName>(bucket: B, ...key: KeyOf<B>): ValueOf<B> | undefined;
  put<B extends BucketName>(bucket: B, key: KeyOf<B>, value: ValueOf<B>): void;
  remove<B extends BucketName>(bucket: B, ...key: KeyOf<B>): void;
}

export interface Store {
  get<B extends BucketName>(bucket: B, ...key: KeyOf<B>): ValueOf<B> | undefined;
  /** Entries under a key prefix in key order. The iterator holds a read transaction: finish it in the same tick. */
  scan<B extends BucketName>(
    bucket: B,
    prefix: Prefix<KeyOf<B>> | [],
    options?: { reverse?: boolean; limit?: number },
  ): Iterable<{ key: KeyOf<B>; value: ValueOf<B> }>;
  /**
   * Runs `work` in one transaction and resolves with its result once that is flushed to disk. If `work` throws, nothing of it
   * is kept. Concurrent writers share a flush. On a full disk it rejects with the system's error, nothing is kept, and a later
   * write succeeds as soon as there is room.
   */
  write<T>(work: (tx: Transaction) => T): Promise<T>;
  close(): Promise<void>;
}

/** A second code path may refuse to open what a newer release has written; the message says so. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
}

/** Sorts above every key part in use: numbers come before strings, and all our strings are ASCII. */
const afterAll = '\uffff';

/** Below this much room (bytes) a write that the system has cut short was cut by the end of the disk; a commit has far less. */
const roomForCommits = 16 * 1024 * 1024;

/**
 * lmdb rejects every write of a failed commit with one and the same text, and tells the reason in a promise on it that must be
 * heard, or its rejection ends the process. A commit of which only a part found room is an "Input/output error" (5) to LMDB.
 */
async function reasonOf(error: unknown, folder: string): Promise<unknown> {
  const told = (error as { commitError?: unknown } | null)?.commitError;
  if (!(told instanceof Promise)) return error;
  const reason: unknown = await told.then(
    () => error,
    (cause: unknown) => cause,
  );
  if ((reason as { code?: unknown } | null)?.code !== 5) return reason;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < roomForCommits ? new Error('No space left for a commit', { cause: reason }) : reason;
}

/** Opens (or creates, 0700) the environment in `folder` and checks its schema version. */
export async function openStore(folder: string): Promise<Store> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const db: RootDatabase = open({
    path: folder,
    noSubdir: false,
    encoding: 'msgpack',
    cache: false,
    // With it every failed commit also rejects a promise of lmdb's own that nobody can reach, and a full disk ends the process.
    // Writers of one turn share a transaction without it too.
    eventTurnBatching: false,
  });

  const fullKey = (bucket: BucketName, key: readonly unknown[]): Key =>
    [bucketNumbers[bucket], ...key] as unknown as Key;
  const get: Store['get'] = (bucket, ...key) => db.get(fullKey(bucket, key));

  const tx: Transaction = {
    get,
    put: (bucket, key, value) => void db.put(fullKey(bucket, key), value),
    remove: (bucket, ...key) => void db.remove(fullKey(bucket, key)),
  };

  const store: Store = {
    get,
    *scan(bucket, prefix, options = {}) {
      const first = fullKey(bucket, prefix as readonly unknown[]);
      const last = fullKey(bucket, [...(prefix as readonly unknown[]), afterAll]);
      const range = options.reverse ? { start: last, end: first, reverse: true } : { start: first, end: last };
      const entries = db.getRange(options.limit === undefined ? range : { ...range, limit: options.limit });
      for (const { key, value } of entries) {
        yield { key: (key as unknown[]).slice(1) as never, value: value as never };
      }
    },
    async write(work) {
      // childTransaction, because transaction() keeps what was written before a throw.
      const committed = db.childTransaction(() => work(tx));
      // A committed transaction is not flushed yet; concurrent writers share this flush. It must be asked for now: later it would
      // be the flush of the next transaction, which never comes when that one fails.
      const flushed = db.flushed.then(() => undefined);
      flushed.catch(() => undefined);
      const result = await committed.catch(async (error: unknown) => {
        throw await reasonOf(error, folder);
      });
      await flushed;
      return result as ReturnType<typeof work>;
    },
    async close() {
      // lmdb waits for the flush of its last transaction, and a failed one has none: an empty one needs no room.
      await db.childTransaction(() => undefined).catch(() => undefined);
      await db.close();
    },
  };

  const found = store.get('meta', 'schema');
  if (found !== undefined && found !== schemaVersion) {
    await db.close();
    throw new SchemaError(
      `The data folder was written with schema ${found}, this release reads ${schemaVersion}. Start the release that wrote it, or choose another folder with --data.`,
    );
  }
  if (found === undefined) await store.write((t) => t.put('meta', ['schema'], schemaVersion));
  return store;
}
