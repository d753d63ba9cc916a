// Whose turn it is: requesters go round, and each one's jobs stand by deadline. The data structure below the queue's policy.

/** What a job needs to be ranked. */
export interface Ranked {
  readonly requester: string;
  /** Epoch ms. */
  readonly deadlineAt: number;
  /** What it needs of a server: a stage, or a proof mode. */
  readonly kind: string;
}

/** A job in its place. `order` is that of arrival; `passes` counts how often it was passed over. */
export interface Entry<J extends Ranked> {
  readonly job: J;
  readonly order: number;
  passes: number;
}

/** Earliest deadline first. Equal deadlines in order of arrival. */
function isBefore<J extends Ranked>(a: Entry<J>, b: Entry<J>): boolean {
  return a.job.deadlineAt === b.job.deadlineAt ? a.order < b.order : a.job.deadlineAt < b.job.deadlineAt;
}

/** Where `entry` stands, or would stand, in a sorted list. */
function placeOf<J extends Ranked>(list: readonly Entry<J>[], entry: Entry<J>): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = list[middle];
    if (other !== undefined && isBefore(other, entry)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Requesters in turn. Adding and removing cost O(log n) comparisons and one array move. Nothing is ever sorted again. */
export class Rotation<J extends Ranked> {
  /** A Map keeps insertion order, so its keys are the rotation. The lists, one per kind, are sorted: unlike heaps they can be read on. */
  readonly #requesters = new Map<string, Map<string, Entry<J>[]>>();
  /** How many jobs of a kind wait: a server of none of them is turned away without a search. */
  readonly #kinds = new Map<string, number>();

  /** A requester who is new to the rotation joins at its end: leaving and coming back gains nothing. */
  add(entry: Entry<J>): void {
    const { requester, kind } = entry.job;
    const lists = this.#requesters.get(requester) ?? new Map<string, Entry<J>[]>();
    this.#requesters.set(requester, lists);
    const list = lists.get(kind) ?? [];
    lists.set(kind, list);
    list.splice(placeOf(list, entry), 0, entry);
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
  }

  remove(entry: Entry<J>): void {
    const { requester, kind } = entry.job;
    const lists = this.#requesters.get(requester);
    const list = lists?.get(kind);
    if (lists === undefined || list === undefined) return;
    list.splice(placeOf(list, entry), 1);
    if (list.length === 0) lists.delete(kind);
    if (lists.size === 0) this.#requesters.delete(requester);
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) - 1);
  }

  /** The same job with another deadline. Taken out and added, the only job of a requester would cost it its turn. */
  move(entry: Entry<J>, moved: Entry<J>): void {
    const list = this.#requesters.get(entry.job.requester)?.get(entry.job.kind);
    if (list === undefined) return;
    list.splice(placeOf(list, entry), 1);
    list.splice(placeOf(list, moved), 0, moved);
  }

  /** The requester has been served: its next turn comes after all others. */
  moveToEnd(requester: string): void {
    const lists = this.#requesters.get(requester);
    if (lists === undefined) return;
    this.#requesters.delete(requester);
    this.#requesters.set(requester, lists);
  }

  /** How many jobs wait here, of all and of one requester. */
  get size(): number {
    let size = 0;
    for (const waiting of this.#kinds.values()) size += waiting;
    return size;
  }

  sizeOf(requester: string): number {
    return lengthOf(this.#requesters.get(requester));
  }

  requesters(): Iterable<string> {
    return this.#requesters.keys();
  }

  /**
   * What `first` has before this one. In round n each requester's nth job goes, so that of each of them as many are before it as it has of
   * its own, and one more of those whose turn comes before its requester's.
   */
  placeOf(entry: Entry<J>): {
    readonly ahead: number;
    readonly aheadOfOwn: number;
    readonly others: readonly string[];
  } {
    const { requester } = entry.job;
    const own = this.#requesters.get(requester);
    let aheadOfOwn = 0;
    for (const list of own?.values() ?? []) aheadOfOwn += placeOf(list, entry);
    let ahead = 0;
    const others: string[] = [];
    let isBeforeTurn = true;
    for (const [each, lists] of this.#requesters) {
      if (each === requester) {
        ahead += aheadOfOwn;
        isBeforeTurn = false;
        continue;
      }
      const before = Math.min(lengthOf(lists), isBeforeTurn ? aheadOfOwn + 1 : aheadOfOwn);
      ahead += before;
      if (before > 0) others.push(each);
    }
    return { ahead, aheadOfOwn, others };
  }

  /** The first `count` jobs of the kinds that are served: each requester's first in turn, then each one's second, … */
  first(count: number, serves: (kind: string) => boolean): Entry<J>[] {
    const found: Entry<J>[] = [];
    if (![...this.#kinds].some(([kind, waiting]) => waiting > 0 && serves(kind))) return found;
    // The first round meets each requester. The later ones go on only with those who have more.
    let round: Iterator<Entry<J>>[] = [];
    for (const lists of this.#requesters.values()) {
      const served = [...lists].filter(([kind]) => serves(kind)).map(([, list]) => list);
      if (advance(merged(served), found, round) && found.length === count) return found;
    }
    while (round.length > 0) {
      const next: Iterator<Entry<J>>[] = [];
      for (const cursor of round) if (advance(cursor, found, next) && found.length === count) return found;
      round = next;
    }
    return found;
  }
}

function lengthOf(lists: ReadonlyMap<string, readonly unknown[]> | undefined): number {
  let length = 0;
  for (const list of lists?.values() ?? []) length += list.length;
  return length;
}

/** Moves a cursor's next entry to `found`, and the cursor to `more`; false when it had none left. */
function advance<T>(cursor: Iterator<T>, found: T[], more: Iterator<T>[]): boolean {
  const next = cursor.next();
  if (next.done === true) return false;
  found.push(next.value);
  more.push(cursor);
  return true;
}

/** One requester's lists, merged in order. */
function* merged<J extends Ranked>(lists: readonly Entry<J>[][]): Generator<Entry<J>, undefined> {
  const places = lists.map(() => 0);
  for (;;) {
    let best: Entry<J> | undefined;
    let from = 0;
    for (const [index, list] of lists.entries()) {
      const entry = list[places[index] ?? 0];
      if (entry === undefined || (best !== undefined && isBefore(best, entry))) continue;
      best = entry;
      from = index;
    }
    if (best === undefined) return;
    places[from] = (places[from] ?? 0) + 1;
    yield best;
  }
}
