// Pages in an LMDB environment of its own folder.
import { mkdirSync, statfsSync } from 'node:fs';
import { open, type RootDatabase } from 'lmdb';
import type { FullKey, Pages, PageWrite, StoreSize } from './pages.js';

/** Below this much room (bytes) a write that the system has cut short was cut by the end of the disk. A commit has far less. */
const roomForCommits = 16 * 1024 * 1024;

/**
 * lmdb rejects every write of a failed commit with one and the same text, and gives the reason in a promise on it that must be
 * heard, or its rejection ends the process. A commit of which only a part found room is an "Input/output error" (5) to LMDB.
 */
async function reasonOf(error: unknown, folder: string): Promise<unknown> {
  const reported = (error as { commitError?: unknown } | null)?.commitError;
  if (!(reported instanceof Promise)) return error;
  const reason: unknown = await reported.then(
    () => error,
    (cause: unknown) => cause,
  );
  if ((reason as { code?: unknown } | null)?.code !== 5) return reason;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < roomForCommits ? new Error('No space left for a commit', { cause: reason }) : reason;
}

/** Pages of a tree of LMDB. */
interface Tree {
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

/** As lmdb tells them, from memory. There is one tree of ours, and one that lists the free pages. */
interface Stats extends Tree {
  readonly pageSize: number;
  readonly lastPageNumber: number;
  readonly free: Tree;
}

/** The first two pages of the file say where all others are. */
const metaPages = 2;

const pagesOf = ({ treeBranchPageCount, treeLeafPageCount, overflowPages }: Tree) =>
  treeBranchPageCount + treeLeafPageCount + overflowPages;

function sizeIn(stats: Stats): StoreSize {
  const pages = stats.lastPageNumber + 1;
  const free = Math.max(0, pages - metaPages - pagesOf(stats) - pagesOf(stats.free));
  return { bytes: pages * stats.pageSize, freeBytes: free * stats.pageSize };
}

/** Opens (or creates, 0700) the environment in `folder`. */
export function openLmdbPages(folder: string): Pages {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const options = {
    path: folder,
    noSubdir: false,
    encoding: 'binary',
    cache: false,
    // With it every failed commit also rejects a promise of lmdb's own that nothing can reach, and a full disk ends the process.
    eventTurnBatching: false,
  } as const;
  const db: RootDatabase<Uint8Array> = open(options);

  return {
    isEmpty: () => (db.getStats() as { entryCount: number }).entryCount === 0,

    get(key) {
      // The view that lmdb reads into, without the copy of `get`: its bytes go on behind the value.
      const bytes = db.getBinaryFast(key as never) as Uint8Array | undefined;
      return bytes?.subarray(0, bytes.length);
    },

    *range({ start, end, reverse, exclusiveStart, limit }) {
      const options = { start, end, reverse, exclusiveStart } as never as { limit?: number };
      for (const { key, value } of db.getRange(limit === undefined ? options : { ...options, limit }))
        yield { key: key as never as FullKey, bytes: value };
    },

    async commit(run: () => Iterable<PageWrite>) {
      // childTransaction, because transaction() keeps what was written before a throw.
      const committed = db.childTransaction(() => {
        for (const { key, bytes } of run())
          void (bytes === undefined ? db.remove(key as never) : db.put(key as never, bytes));
      });
      // A committed transaction is not flushed yet. This must be asked for now: later it would be the flush of the next transaction,
      // which never comes when that one fails.
      const flushed = db.flushed.then(() => undefined);
      flushed.catch(() => undefined);
      await committed.catch(async (error: unknown) => {
        throw await reasonOf(error, folder);
      });
      await flushed;
    },

    copyTo: (folder, compact) => db.backup(folder, compact),
    size: () => sizeIn(db.getStats() as Stats),

    async close() {
      // lmdb waits for the flush of its last transaction, and a failed one has none: an empty one needs no room.
      await db.childTransaction(() => undefined).catch(() => undefined);
      await db.close();
    },
  };
}
