// The list of requests: pages by cursor, kept true by the feed. Newest first by id, which never changes, so that a row never changes its
// place: it comes, it changes in place, it goes.
import { signal } from '@preact/signals';
import { onEvents } from './feed.js';
import { type Filter, fits, wireFilter } from './filter.js';
import { CallError, call, type FeedEvent, type Row } from './wire.js';

const pageSize = 500;
/** The first one is small: nothing is seen before it is there. */
const firstPageSize = 100;
/** At the top nobody looks at the end: beyond so many rows the list begins anew, however long the tab is open. Some 5 MB. */
const mostRows = 5_000;
/** Of those that wait: their number is told no further. */
const mostFresh = 2_000;
/** Pages may be empty and not the last: so many are read before somebody has to ask for more. */
const mostEmptyPages = 20;
/** Of what is in sight, so many reasons are asked for at once, and so often (ms). */
const mostReasons = 20;
const reasonsEveryMs = 2_000;

export class RequestList {
  /** A new number with each change of what is below. */
  readonly version = signal(0);
  /** The newest first. */
  rows: Row[] = [];
  /** A new number whenever rows come or go. */
  places = 0;
  /** New ones that wait, because somebody looks at what is further down, or has selected some. */
  readonly fresh = new Map<string, Row>();
  /** More wait than are kept. */
  isOverfull = false;
  /** By id: while there are any, no row moves. */
  readonly selected = new Set<string>();
  /** Those in `rows` that fit the filter no more, and go when nobody looks at them. */
  readonly gone = new Set<string>();
  phase: 'loading' | 'more' | 'whole' = 'loading';
  problem: CallError | undefined;
  /** At the top, new rows slide in. */
  isAtTop = true;

  #token = '';
  /** What is in `rows` is of an earlier beginning: shown until there is something else. */
  #isAnew = false;
  #early: FeedEvent[] | undefined = [];
  /** Of requests on the page that is being read, which may say what was true before. */
  #missed: FeedEvent[] = [];
  readonly #stale = new Set<string>();
  #reasonsAt = 0;
  #stop = new AbortController();
  readonly #leave: () => void;

  constructor(private readonly filter: Filter) {
    this.#leave = onEvents((events) => this.#take(events));
    void this.more();
  }

  close(): void {
    this.#stop.abort();
    this.#leave();
  }

  /** The next page, of those that are older. */
  async more(): Promise<void> {
    if (this.phase === 'whole' || this.#isReading) return;
    this.#isReading = true;
    const { signal } = this.#stop;
    try {
      const before = this.rows.length;
      for (let page = 0; page < mostEmptyPages && this.rows.length === before; page += 1) {
        const size = this.#token === '' ? firstPageSize : pageSize;
        const asked = { filter: wireFilter(this.filter), page: { size, token: this.#token } };
        const { rows, page: info } = await call('Requests/List', asked, signal);
        if (this.#isAnew) this.#empty();
        for (const row of rows) this.rows.push(row);
        this.places += 1;
        this.#token = info?.nextToken ?? '';
        this.phase = this.#token === '' ? 'whole' : 'more';
        if (this.phase === 'whole') break;
      }
      this.problem = undefined;
      const events = [...(this.#early ?? []), ...this.#missed];
      this.#early = undefined;
      this.#missed = [];
      this.#take(events);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof CallError)) throw error;
      this.problem = error;
      // A token of a service that has been given another key: from the beginning.
      if (error.code === 'TOKEN_EXPIRED') this.again();
    } finally {
      // Whoever begins anew reads already.
      if (signal === this.#stop.signal) this.#isReading = false;
      this.version.value += 1;
    }
  }
  #isReading = false;

  /** From the beginning, with what is true now. What is shown stays until that is here. */
  again(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#isReading = false;
    this.#token = '';
    this.#isAnew = true;
    this.#early = [];
    this.#missed = [];
    this.phase = 'loading';
    void this.more();
  }

  #empty(): void {
    this.#isAnew = false;
    this.rows = [];
    this.fresh.clear();
    this.isOverfull = false;
    this.gone.clear();
    this.#stale.clear();
  }

  /** Whether rows stay where they are, because somebody looks at them. */
  get isStill(): boolean {
    return !this.isAtTop || this.selected.size > 0;
  }

  select(ids: readonly string[], isSelected: boolean): void {
    for (const id of ids)
      if (isSelected) this.selected.add(id);
      else this.selected.delete(id);
    if (!this.isStill) this.settle();
    this.version.value += 1;
  }

  /** What waits comes in, and what has gone goes. */
  settle(): void {
    if (this.isOverfull || this.rows.length + this.fresh.size > mostRows) {
      if (this.phase !== 'loading') this.again();
      return;
    }
    if (this.fresh.size === 0 && this.gone.size === 0) return;
    if (this.gone.size > 0) this.rows = this.rows.filter(({ id }) => !this.gone.has(id));
    for (const row of this.fresh.values()) this.#insert(row);
    this.fresh.clear();
    this.gone.clear();
    this.places += 1;
    this.version.value += 1;
  }

  #take(events: readonly FeedEvent[]): void {
    if (events.some(({ reset }) => reset !== undefined)) {
      this.again();
      return;
    }
    if (this.#early !== undefined) {
      this.#early.push(...events);
      // It was not reached before, and there is somebody now.
      if (this.problem !== undefined) void this.more();
      return;
    }
    let isChanged = false;
    for (const event of events) {
      const { request, progress } = event;
      if (request?.row !== undefined) isChanged = this.#put(request.row, event) || isChanged;
      else if (progress !== undefined) {
        const at = this.#indexOf(progress.id);
        const row = this.rows[at];
        if (row === undefined) continue;
        this.rows[at] = { ...row, ...(progress.progress && { progress: progress.progress }) };
        isChanged = true;
      }
    }
    if (!isChanged) return;
    if (!this.isStill) this.settle();
    this.version.value += 1;
  }

  /** Whether anything has changed. */
  #put(row: Row, event: FeedEvent): boolean {
    const at = this.#indexOf(row.id);
    const known = this.rows[at];
    if (known !== undefined) {
      if (known.seq > row.seq) return false;
      const isSame = known.seq === row.seq;
      this.rows[at] = isSame ? { ...row, reason: known.reason } : row;
      if (!isSame) this.#stale.add(row.id);
      if (fits(row, this.filter)) this.gone.delete(row.id);
      else this.gone.add(row.id);
      return true;
    }
    // Older than all that was read, and on a page that has not been: it will be read as it is then. Reasons no event has.
    const oldest = this.rows.at(-1);
    const isUnread = this.phase !== 'whole' && oldest !== undefined && row.id < oldest.id;
    if (isUnread && this.#isReading) this.#missed.push(event);
    if (isUnread || this.filter.reason !== undefined) return false;
    if (!fits(row, this.filter)) return this.fresh.delete(row.id);
    if (this.fresh.size >= mostFresh && !this.fresh.has(row.id)) {
      this.isOverfull = true;
      return true;
    }
    this.fresh.set(row.id, row);
    this.#stale.add(row.id);
    return true;
  }

  #insert(row: Row): void {
    this.rows.splice(this.#placeOf(row.id), 0, row);
  }

  /** The first row that is not newer. */
  #placeOf(id: string): number {
    let [low, high] = [0, this.rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.rows[middle]?.id ?? '') > id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  row(id: string): Row | undefined {
    return this.rows[this.#indexOf(id)];
  }

  /** -1: it is not among them. */
  #indexOf(id: string): number {
    const at = this.#placeOf(id);
    return this.rows[at]?.id === id ? at : -1;
  }

  /** Reasons change without an event: those of what is in sight are asked for. */
  async freshenReasons(inSight: readonly Row[]): Promise<void> {
    const stale = inSight.filter(({ id }) => this.#stale.has(id)).slice(0, mostReasons);
    if (stale.length === 0 || Date.now() < this.#reasonsAt + reasonsEveryMs) return;
    this.#reasonsAt = Date.now();
    const { signal } = this.#stop;
    await Promise.all(
      stale.map(async ({ id }) => {
        this.#stale.delete(id);
        const { request } = await call('Requests/Get', { id }, signal).catch(() => ({ request: undefined }));
        const at = this.#indexOf(id);
        if (request?.row && (this.rows[at]?.seq ?? Number.POSITIVE_INFINITY) <= request.row.seq)
          this.rows[at] = request.row;
      }),
    );
    if (!signal.aborted) this.version.value += 1;
  }
}
