// Where open requests stand, and since when: what the length of a wait or a run is made of.
import type { Clock, SteadyMs } from '../clock.js';
import type { RequestId } from '../ids.js';
import { endStates } from '../machines/request/view.js';
import type { JournalEntry } from '../store/buckets.js';

/** The path of a state, such as `proving.running`, and since when. */
interface Standing {
  readonly path: string;
  readonly since: SteadyMs;
}

export const isEnd = ({ to }: Pick<JournalEntry, 'to'>): boolean => endStates.some((end) => end === to);

export class Standings {
  readonly #standings = new Map<RequestId, Standing>();

  constructor(private readonly clock: Pick<Clock, 'steady'>) {}

  /**
   * A transition is on disk. Answers how long the request has stood where it comes from (ms). Undefined: it stays there, or it was
   * restored, and how long it had stood before was another life.
   */
  note(requestId: RequestId, entry: Pick<JournalEntry, 'from' | 'to'>): number | undefined {
    const { from, to } = entry;
    const before = this.#standings.get(requestId);
    if (isEnd(entry)) this.#standings.delete(requestId);
    else if (before?.path !== to) this.#standings.set(requestId, { path: to, since: this.clock.steady() });
    return before?.path === from && from !== to ? this.clock.steady() - before.since : undefined;
  }
}
