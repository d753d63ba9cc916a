// The LMDB environment: opened once, written only through `write`, which answers after the flush.
import { mkdirSync, statfsSync } from 'node:fs';
import { asBinary, open, type RootDatabase } from 'lmdb';
import { type BucketName, type BucketTypes, bucketNumbers, schemaVersion } from './buckets.js';
import { type Group, GroupCommit } from './groupCommit.js';

/** The bucket's number, then the key within it. */
type FullKey = [number, ...(string | number)[]];
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
  /**
   * Entries under a key prefix in key order, or those behind `after`, the last key of an earlier scan. The iterator holds a read
   * transaction: finish it in the same tick.
   */
  scan<B extends BucketName>(
    bucket: B,
    prefix: Prefix<KeyOf<B>> | [],
    options?: { reverse?: boolean; limit?: number; after?: KeyOf<B> | undefined },
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

/** What a key is to hold from now on. */
interface Operation {
  readonly key: FullKey;
  /** Undefined: nothing. */
  readonly value: unknown;
  /** `value` as it is stored. */
  readonly bytes: Uint8Array | undefined;
}

/** No key part of ours has a comma. A name of this length is a key of less than 1,978 bytes, which is the most that LMDB takes. */
const longestName = 600;

function nameOf(key: FullKey): string {
  const name = key.join();
  if (name.length > longestName) throw new Error(`too long for a key: ${name.slice(0, 40)}…`);
  return name;
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
  const options = {
    path: folder,
    noSubdir: false,
    encoding: 'msgpack',
    // Each value would carry the definitions of its records, which cost more to write and read than the names of their fields.
    useRecords: false,
    cache: false,
    // With it every failed commit also rejects a promise of lmdb's own that nobody can reach, and a full disk ends the process.
    eventTurnBatching: false,
  } as const;
  const db: RootDatabase = open(options);
  const { encoder } = db as unknown as { encoder: { encode(value: unknown): Uint8Array } };

  const fullKey = (bucket: BucketName, key: readonly unknown[]): FullKey => [bucketNumbers[bucket], ...key] as FullKey;
  const get: Store['get'] = (bucket, ...key) => db.get(fullKey(bucket, key));

  /** As part of a group: what nobody in it has written is as it was committed. */
  const transactionIn = (group: Group<Operation>): Transaction => ({
    get(bucket, ...key) {
      const full = fullKey(bucket, key);
      const written = group.find(nameOf(full));
      return (written === undefined ? db.get(full) : written.value) as never;
    },
    // Encoded at once: what cannot be stored must fail the work that wants it, not the whole group.
    put(bucket, key, value) {
      const full = fullKey(bucket, key);
      group.write(nameOf(full), { key: full, value, bytes: encoder.encode(value) });
    },
    remove(bucket, ...key) {
      const full = fullKey(bucket, key);
      group.write(nameOf(full), { key: full, value: undefined, bytes: undefined });
    },
  });

  async function transact(run: () => Iterable<Operation>): Promise<void> {
    // childTransaction, because transaction() keeps what was written before a throw.
    const committed = db.childTransaction(() => {
      for (const { key, bytes } of run()) void (bytes === undefined ? db.remove(key) : db.put(key, asBinary(bytes)));
    });
    // A committed transaction is not flushed yet. This must be asked for now: later it would be the flush of the next transaction,
    // which never comes when that one fails.
    const flushed = db.flushed.then(() => undefined);
    flushed.catch(() => undefined);
    await committed.catch(async (error: unknown) => {
      throw await reasonOf(error, folder);
    });
    await flushed;
  }
  const writers = new GroupCommit(transact);

  const store: Store = {
    get,
    *scan(bucket, prefix, options = {}) {
      const { reverse = false, limit, after } = options;
      const first = fullKey(bucket, prefix as readonly unknown[]);
      const last = fullKey(bucket, [...(prefix as readonly unknown[]), afterAll]);
      const [start, end] = reverse ? [last, first] : [first, last];
      const range = {
        start: after ? fullKey(bucket, after) : start,
        exclusiveStart: after !== undefined,
        end,
        reverse,
      };
      const entries = db.getRange(limit === undefined ? range : { ...range, limit });
      for (const { key, value } of entries) {
        yield { key: (key as unknown[]).slice(1) as never, value: value as never };
      }
    },
    write: (work) => writers.write((group) => work(transactionIn(group))),
    async close() {
      await store.write(() => undefined);
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
