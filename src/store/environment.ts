// The store: typed buckets over pages. Written only through `write`, which resolves after the flush.
import { Packr } from 'msgpackr';
import { type BucketName, type BucketTypes, bucketNumbers, schemaVersion } from './buckets.js';
import { type Group, GroupCommit, type WatchCommit } from './groupCommit.js';
import { openLmdbPages } from './lmdbPages.js';
import type { FullKey, Pages, PageWrite, StoreSize } from './pages.js';

type KeyOf<B extends BucketName> = BucketTypes[B]['key'];
type ValueOf<B extends BucketName> = BucketTypes[B]['value'];
export interface Entry<B extends BucketName> {
  readonly key: KeyOf<B>;
  readonly value: ValueOf<B>;
}

/** The first parts of a key. A scan sees every key that starts with them. */
type Prefix<K extends readonly unknown[]> = K extends readonly [...infer Init, unknown] ? K | Prefix<Init> : K;

/** The writes of one transaction. They are applied in order, all or none. */
export interface Transaction {
  get<B extends BucketName>(bucket: B, ...key: KeyOf<B>): ValueOf<B> | undefined;
  put<B extends BucketName>(bucket: B, key: KeyOf<B>, value: ValueOf<B>): void;
  remove<B extends BucketName>(bucket: B, ...key: KeyOf<B>): void;
  /** Calls it once all that was written is on disk, before `write` resolves for anyone, in the order of the writes. Never when that fails. */
  whenDurable(listener: () => void): void;
}

export interface Store {
  /** What is committed, also while it is not flushed yet: a crash may take that back. See `settled`. */
  get<B extends BucketName>(bucket: B, ...key: KeyOf<B>): ValueOf<B> | undefined;
  /**
   * Entries under a key prefix in key order, or those behind `after`, the last key of an earlier scan. The iterator holds a read
   * transaction: finish it in the same tick.
   */
  scan<B extends BucketName>(
    bucket: B,
    prefix: Prefix<KeyOf<B>> | [],
    options?: { reverse?: boolean; limit?: number; after?: KeyOf<B> | undefined },
  ): Iterable<Entry<B>>;
  /** All of a bucket in key order, `limit` at once, with a turn of the loop in between. Each slice is as the store was when it was read. */
  slices<B extends BucketName>(
    bucket: B,
    options: { readonly limit: number; readonly turn: () => Promise<void> },
  ): AsyncIterable<readonly Entry<B>[]>;
  /**
   * Runs `work` in one transaction and resolves with its result once that is flushed to disk. If `work` throws, nothing of it
   * is kept. Concurrent writers share a flush. On a full disk it rejects with the system's error, nothing is kept, and a later
   * write succeeds as soon as there is room.
   */
  write<T>(work: (tx: Transaction) => T): Promise<T>;
  /** Resolves when all that reads see now is on disk. What a client is shown must wait for it. */
  settled(): Promise<void>;
  /** Undefined where there are no files. Costs the same however much lies in it. */
  size(): StoreSize | undefined;
  /** Writes all of one moment into an empty folder, while reading and writing go on. What was removed may still be in its bytes. */
  copyTo(folder: string): Promise<void>;
  /** The same without what was removed. What lies under `blanked` is overwritten first, and then removed for good. */
  purge(folder: string, blanked: readonly Blanked[]): Promise<void>;
  close(): Promise<void>;
}

/** A key whose value must be in no byte of a copy. */
export type Blanked = { [B in BucketName]: { readonly bucket: B; readonly key: KeyOf<B> } }[BucketName];

/** A second code path may refuse to open what a newer release has written. The message says so. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
}

/** What a key is to hold from now on. */
interface Operation extends PageWrite {
  /** Undefined: nothing. */
  readonly value: unknown;
}

/** No key part of ours has a comma. A name of this length is a key of less than 1,978 bytes, which is the most that LMDB takes. */
const maxNameLength = 600;

function nameOf(key: FullKey): string {
  const name = key.join();
  if (name.length > maxNameLength) throw new Error(`too long for a key: ${name.slice(0, 40)}…`);
  return name;
}

/** Sorts above every key part in use: numbers come before strings, and all our strings are ASCII. */
const afterAll = '\uffff';

const fullKey = (bucket: BucketName, key: readonly unknown[]): FullKey => [bucketNumbers[bucket], ...key] as FullKey;

/** Each value would carry the definitions of its records, which cost more to write and read than the names of their fields. */
const codec = new Packr({ useRecords: false, copyBuffers: true });
const decode = (bytes: Uint8Array | undefined): unknown => (bytes === undefined ? undefined : codec.unpack(bytes));

/** Opens (or creates) the store in `folder` on LMDB. Rejects with a SchemaError for a folder of another schema. */
export const openStore = (folder: string, watch?: WatchCommit): Promise<Store> =>
  createStore(openLmdbPages(folder), watch);

/**
 * Checks the schema of what lies in `pages`. An empty one becomes ours, an older one is migrated. Rejects with a SchemaError and closes them
 * otherwise.
 */
export async function createStore(pages: Pages, watch?: WatchCommit): Promise<Store> {
  const get: Store['get'] = (bucket, ...key) => decode(pages.get(fullKey(bucket, key))) as never;

  /** As part of a group: what no work in it has written is as it was committed. */
  const transactionIn = (group: Group<Operation>): Transaction => ({
    get(bucket, ...key) {
      const full = fullKey(bucket, key);
      const written = group.find(nameOf(full));
      return (written === undefined ? decode(pages.get(full)) : written.value) as never;
    },
    // Encoded at once: what cannot be stored must fail the work that wants it, not the whole group.
    put(bucket, key, value) {
      const full = fullKey(bucket, key);
      group.write(nameOf(full), { key: full, value, bytes: codec.pack(value) });
    },
    remove(bucket, ...key) {
      const full = fullKey(bucket, key);
      group.write(nameOf(full), { key: full, value: undefined, bytes: undefined });
    },
    whenDurable: (listener) => group.whenDurable(listener),
  });

  function copied(folder: string, compact: boolean): Promise<void> {
    if (pages.copyTo === undefined) throw new Error('pages without files cannot be copied');
    return pages.copyTo(folder, compact);
  }

  const writers = new GroupCommit<Operation>((run) => pages.commit(run), watch);

  const store: Store = {
    get,
    *scan(bucket, prefix, options = {}) {
      const { reverse = false, limit, after } = options;
      const first = fullKey(bucket, prefix as readonly unknown[]);
      const last = fullKey(bucket, [...(prefix as readonly unknown[]), afterAll]);
      const [start, end] = reverse ? [last, first] : [first, last];
      const from = after ? fullKey(bucket, after) : start;
      for (const { key, bytes } of pages.range({
        start: from,
        end,
        reverse,
        exclusiveStart: after !== undefined,
        limit,
      }))
        yield { key: key.slice(1) as never, value: decode(bytes) as never };
    },
    async *slices(bucket, { limit, turn }) {
      let after: KeyOf<typeof bucket> | undefined;
      for (;;) {
        const slice = [...store.scan(bucket, [], { limit, after })];
        yield slice;
        if (slice.length < limit) return;
        after = slice.at(-1)?.key;
        await turn();
      }
    },
    write: (work) => writers.write((group) => work(transactionIn(group))),
    settled: () => writers.settled(),
    size: () => pages.size?.(),
    copyTo: (folder) => copied(folder, false),
    async purge(folder, blanked) {
      const keys = blanked.map(({ bucket, key }) => fullKey(bucket, key));
      // In place first: a page keeps the bytes of what was removed from it until they are overwritten.
      await pages.commit(() => keys.map((key) => ({ key, bytes: new Uint8Array(pages.get(key)?.byteLength ?? 0) })));
      await pages.commit(() => keys.map((key) => ({ key, bytes: undefined })));
      await copied(folder, true);
    },
    async close() {
      await store.write(() => undefined);
      await pages.close();
    },
  };

  const found = store.get('meta', 'schema');
  // Ours names its schema in its first transaction.
  if (found === undefined && !pages.isEmpty()) {
    await pages.close();
    throw new SchemaError(
      'The database in the data folder is not one of sealed-prover. Choose another folder with --data.',
    );
  }
  if (found !== undefined && found !== schemaVersion && found !== 1) {
    await pages.close();
    throw new SchemaError(
      `The data folder was written with schema ${found}, this release reads ${schemaVersion}. Start the release that wrote it, or choose another folder with --data.`,
    );
  }
  if (found === undefined) await store.write((t) => t.put('meta', ['schema'], schemaVersion));
  else await migrateSchema(store, found);
  return store;
}

/** Entries that a migration moves in one transaction, to keep it short. */
const migratedAtOnce = 2_000;

/**
 * Schema 2 finds the request of a stdin by the stdin alone. The number is raised first: from then on no older release opens the folder
 * and misses what has been moved. A start that is cut goes on with the rest.
 */
async function migrateSchema(store: Store, found: unknown): Promise<void> {
  if (found === 1) await store.write((tx) => tx.put('meta', ['schema'], 2));
  for (;;) {
    const some = [...store.scan('submissions', [], { limit: migratedAtOnce })];
    if (some.length === 0) return;
    await store.write((tx) => {
      for (const { key, value } of some) {
        tx.put('requestOfStdin', [key[1]], value);
        tx.remove('submissions', ...key);
      }
    });
  }
}
