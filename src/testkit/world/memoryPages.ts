// Pages in memory, with a disk under them that a test can stop, fill and pull the plug of.
import { compareKeys } from 'ordered-binary';
import type { FullKey, PageRange, Pages, PageWrite } from '../../store/pages.js';

interface Entry {
  readonly key: FullKey;
  readonly bytes: Uint8Array;
}

export interface MemoryPagesOptions {
  /** Resolves when the disk has done one flush. Rejects as a failing disk does. At once when absent. */
  readonly flush?: () => Promise<void>;
  /** Throws, for example "No space left", when a commit of so many bytes finds no room. */
  readonly reserve?: (bytes: number) => void;
  /** What an earlier life left. */
  readonly from?: readonly Entry[];
}

export interface MemoryPages extends Pages {
  /** Commits that are visible and not durable yet. */
  readonly unflushed: number;
  /** Pulls the plug: what a next life finds when so many of the unflushed commits (from the oldest) have reached the disk. */
  crash(kept?: number): readonly Entry[];
}

const compare = (a: FullKey, b: FullKey): number => compareKeys(a as never, b as never);

/** Sorted entries. A commit makes a new array only at its end, so that a throw in the middle leaves nothing. */
class Sorted {
  readonly entries: Entry[];

  constructor(entries: readonly Entry[] = []) {
    this.entries = [...entries];
  }

  /** The first place whose key is not before `key`. */
  place(key: FullKey): number {
    let [low, high] = [0, this.entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare((this.entries[middle] as Entry).key, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  find(key: FullKey): Entry | undefined {
    const entry = this.entries[this.place(key)];
    return entry !== undefined && compare(entry.key, key) === 0 ? entry : undefined;
  }

  apply(writes: readonly PageWrite[]): void {
    for (const { key, bytes } of writes) {
      const at = this.place(key);
      const known = this.find(key) === undefined ? 0 : 1;
      if (bytes === undefined) this.entries.splice(at, known);
      else this.entries.splice(at, known, { key: [...key] as unknown as FullKey, bytes: bytes.slice() });
    }
  }
}

export function createMemoryPages({ flush = async () => {}, reserve, from }: MemoryPagesOptions = {}): MemoryPages {
  const visible = new Sorted(from);
  const durable = new Sorted(from);
  const unflushed: (readonly PageWrite[])[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  let lastFlush: Promise<unknown> = Promise.resolve();

  async function commit(run: () => Iterable<PageWrite>): Promise<void> {
    const ran = turn.then(() => {
      const writes = [...run()];
      reserve?.(writes.reduce((sum, { bytes }) => sum + (bytes?.byteLength ?? 0), 0));
      visible.apply(writes);
      unflushed.push(writes);
      return writes;
    });
    turn = ran.catch(() => {});
    const writes = await ran;
    const flushed = lastFlush.then(flush).then(() => {
      // Oldest first: flushes happen one after the other.
      durable.apply(writes);
      unflushed.splice(unflushed.indexOf(writes), 1);
    });
    lastFlush = flushed.catch(() => {});
    await flushed;
  }

  return {
    isEmpty: () => visible.entries.length === 0,
    get: (key) => visible.find(key)?.bytes.slice(),
    *range({ start, end, reverse, exclusiveStart, limit = Number.POSITIVE_INFINITY }: PageRange) {
      const sign = reverse ? -1 : 1;
      const inside = visible.entries.filter(
        ({ key }) => sign * compare(key, start) >= (exclusiveStart ? 1 : 0) && sign * compare(key, end) <= -1,
      );
      const walk = reverse ? inside.reverse() : inside;
      for (const { key, bytes } of walk.slice(0, limit)) yield { key, bytes: bytes.slice() };
    },
    commit,
    async close() {
      await turn;
      await lastFlush;
    },
    get unflushed() {
      return unflushed.length;
    },
    crash(kept = 0) {
      const left = new Sorted(durable.entries);
      for (const writes of unflushed.slice(0, kept)) left.apply(writes);
      return left.entries;
    },
  };
}
