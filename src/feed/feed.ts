// The feed: whatever happens to a request, to a lane or to the service has a number, which it gets in the transaction that makes it true.
// Who watches keeps the number of what they saw last, and pulls what is behind it. So a reader costs nothing while it does not read.
import type { Clock } from '../clock.js';
import type { FeedEntry, JournalEntry } from '../store/buckets.js';
import type { Store, Transaction } from '../store/environment.js';

export interface FeedItem {
  readonly n: number;
  readonly entry: FeedEntry;
  /** Of a transition that happened lately: who watches need not look it up. */
  readonly transition?: JournalEntry;
}

/** What gives things that happen their number. */
export interface FeedWriter {
  /**
   * Inside the transaction that makes it true: its place among all others is that of its transaction. Answers its number. Numbers may be
   * missing.
   */
  note(tx: Transaction, entry: FeedEntry, transition?: JournalEntry): number;
}

export interface Feed extends FeedWriter {
  /** The highest number that is on disk. What a crash may still take back is not shown. */
  readonly newest: number;
  /** The lowest number that may still be there. */
  readonly oldest: number;
  /** At most `limit`, behind `after`, in order. Without gaps unless `after` is before the oldest. */
  read(after: number, limit: number): FeedItem[];
  /** Resolves when there is something behind `after`, `ms` of running time have passed, or the signal fires. */
  untilGrown(after: number, ms: number, signal: AbortSignal): Promise<void>;
  /** Removes what is beyond the retention, in slices. */
  trim(): Promise<void>;
}

export interface FeedParameters {
  readonly store: Store;
  readonly clock: Pick<Clock, 'turn' | 'wakeIn'>;
  /** How many entries are kept. More come between two trims. */
  readonly retention: number;
}

/** Those that happened last are read from memory: whoever watches reads them, and mostly the same ones. */
const mostRecent = 2_048;

/** Removed in one transaction, which takes a few milliseconds. */
const trimmedAtOnce = 1_000;

export function openFeed({ store, clock, retention }: FeedParameters): Feed {
  let newest = edgeOf(store, { reverse: true }) ?? 0;
  let oldest = edgeOf(store) ?? newest + 1;
  /** Transactions run one after the other, so the next one takes the next number. One that fails leaves a gap. */
  let given = newest;
  /** On disk and not told yet. */
  let written = newest;
  let isTelling = false;
  /** On disk, in order, all of them from the first one on. */
  let recent: FeedItem[] = [];
  const waiting = new Set<() => void>();

  /** In the next turn: by then whoever made it true has heard so too, and views show it. One wake serves all that were flushed together. */
  async function tell(): Promise<void> {
    isTelling = true;
    await clock.turn();
    isTelling = false;
    newest = written;
    for (const wake of [...waiting]) wake();
  }

  return {
    get newest() {
      return newest;
    },
    get oldest() {
      return oldest;
    },

    note(tx, entry, transition) {
      given += 1;
      const n = given;
      tx.put('feed', [n], entry);
      tx.whenDurable(() => {
        written = Math.max(written, n);
        recent.push({ n, entry, ...(transition && { transition }) });
        if (recent.length >= 2 * mostRecent) recent = recent.slice(-mostRecent);
        if (!isTelling) void tell();
      });
      return n;
    },

    read(after, limit) {
      const [first] = recent;
      if (first !== undefined && after >= first.n - 1) return among(recent, after, newest, limit);
      const items: FeedItem[] = [];
      for (const { key, value } of store.scan('feed', [], { after: [after], limit })) {
        // Behind it is what is visible and not flushed yet.
        if (key[0] > newest) break;
        items.push({ n: key[0], entry: value });
      }
      return items;
    },

    untilGrown: (after, ms, signal) =>
      new Promise((resolve) => {
        if (newest > after || signal.aborted) return resolve();
        const end = () => {
          cancel();
          waiting.delete(look);
          signal.removeEventListener('abort', end);
          resolve();
        };
        const look = () => {
          if (newest > after) end();
        };
        const cancel = clock.wakeIn(ms, end);
        waiting.add(look);
        signal.addEventListener('abort', end, { once: true });
      }),

    async trim() {
      for (;;) {
        const numbers = [...store.scan('feed', [], { limit: trimmedAtOnce })].map(({ key }) => key[0]);
        const beyond = numbers.filter((n) => n <= newest - retention);
        const last = beyond.at(-1);
        if (last === undefined) return;
        // Before it is done: a reader in between is sent to what stays.
        oldest = last + 1;
        recent = recent.filter(({ n }) => n > last);
        await store.write((tx) => {
          for (const n of beyond) tx.remove('feed', n);
        });
      }
    },
  };
}

/** The first number that is there, or the last. The last one is never trimmed: the next life goes on behind it. */
function edgeOf(store: Store, { reverse = false } = {}): number | undefined {
  for (const { key } of store.scan('feed', [], { reverse, limit: 1 })) return key[0];
  return undefined;
}

/** Those behind `after`, up to `newest`, at most `limit` of them. */
function among(items: readonly FeedItem[], after: number, newest: number, limit: number): FeedItem[] {
  let [from, to] = [0, items.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((items[middle] as FeedItem).n <= after) from = middle + 1;
    else to = middle;
  }
  return items.slice(from, from + limit).filter(({ n }) => n <= newest);
}
