// What lies under the store: sorted keys and their bytes, and commits that are visible at once and durable later. LMDB is one, memory
// another; `testkit/world/pagesContract.ts` is what both keep.

/** The bucket's number, then the key within it. Numbers sort before strings. A key sorts before its longer siblings. */
export type FullKey = readonly [number, ...(string | number)[]];

/** What a key holds from now on. Undefined bytes remove it. */
export interface PageWrite {
  readonly key: FullKey;
  readonly bytes: Uint8Array | undefined;
}

export interface PageRange {
  /** In the direction of the walk: `start` is its first possible key. */
  readonly start: FullKey;
  readonly end: FullKey;
  readonly reverse: boolean;
  /** Without `start` itself. */
  readonly exclusiveStart: boolean;
  readonly limit: number | undefined;
}

export interface StoreSize {
  readonly bytes: number;
  readonly freeBytes: number;
}

export interface Pages {
  isEmpty(): boolean;
  /** A copy, or a view that is valid until the next call. */
  get(key: FullKey): Uint8Array | undefined;
  /** The bytes are valid until the next step. Finish it in the same tick: it may hold a read transaction. */
  range(range: PageRange): Iterable<{ readonly key: FullKey; readonly bytes: Uint8Array }>;
  /**
   * Calls `run` when its turn comes, and makes all that it returns visible together, or nothing when it throws or finds no room.
   * Resolves when it is durable. Commits run, and become durable, in the order of their calls.
   */
  commit(run: () => Iterable<PageWrite>): Promise<void>;
  /** Writes a copy of one moment into an empty folder, while all goes on. `compact`: without what was removed. Absent where there are no files. */
  readonly copyTo?: (folder: string, compact: boolean) => Promise<void>;
  /** Of its file, and how much of it holds nothing and is written next. Absent where there are no files. */
  readonly size?: () => StoreSize;
  /** Resolves when all commits are durable. */
  close(): Promise<void>;
}
