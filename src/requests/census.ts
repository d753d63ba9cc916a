// How many requests there are in each state. It is kept with every transition that is durable, and never counted anew.
import type { RequestId } from '../ids.js';
import { isTerminal, type RequestState, type RequestView } from '../machines/request/view.js';
import { Tally } from '../tally.js';

export interface RequestCounts {
  /** Open ones by state, and those of them that run on a lane. */
  readonly open: Readonly<Partial<Record<RequestState, number>>>;
  readonly running: Readonly<Partial<Record<RequestState, number>>>;
  /** How requests have ended since the service was started. */
  readonly ended: Readonly<Partial<Record<RequestState, number>>>;
}

interface Standing {
  readonly state: RequestState;
  readonly isRunning: boolean;
}

export class Census {
  readonly #standings = new Map<RequestId, Standing>();
  readonly #open = new Tally<RequestState>();
  readonly #running = new Tally<RequestState>();
  readonly #ended = new Tally<RequestState>();
  readonly #held = new Set<RequestId>();

  /** It is durable now. One that was restored counts from its first view on. */
  note(view: RequestView): void {
    const { requestId } = view.request;
    const before = this.#standings.get(requestId);
    if (before !== undefined) this.#add(before, -1);
    if (view.state === 'held') this.#held.add(requestId);
    else this.#held.delete(requestId);
    if (isTerminal(view)) {
      this.#standings.delete(requestId);
      this.#ended.add(view.state);
      return;
    }
    const standing = { state: view.state, isRunning: 'phase' in view && view.phase === 'running' };
    this.#standings.set(requestId, standing);
    this.#add(standing, 1);
  }

  /** Those that wait for an operator, the longest first. */
  get held(): ReadonlySet<RequestId> {
    return this.#held;
  }

  counts(): RequestCounts {
    const shown = (tally: Tally<RequestState>) => Object.fromEntries(tally.entries());
    return { open: shown(this.#open), running: shown(this.#running), ended: shown(this.#ended) };
  }

  #add({ state, isRunning }: Standing, by: number): void {
    this.#open.add(state, by);
    if (isRunning) this.#running.add(state, by);
  }
}
