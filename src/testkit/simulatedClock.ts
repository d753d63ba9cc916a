// Time for tests: it stands still until the test moves it, and every wake runs in the order in which it is due.
// Between two wakes the event loop settles, so that a wake may set the next one.
import { setImmediate as loopTurn } from 'node:timers/promises';
import type { Clock, EpochMs } from '../clock.js';

/** 2023-11-14T22:13:20Z. Any fixed moment will do; a round one reads well in a failing assertion. */
const defaultStart: EpochMs = 1_700_000_000_000;

/** Turns of the event loop granted between two wakes: enough for chains of promises and for local socket writes to be issued. */
const settlingTurns = 4;

interface Wake {
  readonly at: EpochMs;
  readonly order: number;
  readonly run: () => void;
}

/** A Clock that only a test moves. What happens outside of this process (a child, a socket) is not settled by it: wait for its event. */
export class SimulatedClock implements Clock {
  #now: EpochMs;
  #order = 0;
  readonly #wakes = new Set<Wake>();

  constructor(start: EpochMs = defaultStart) {
    this.#now = start;
  }

  now(): EpochMs {
    return this.#now;
  }

  wakeAt(at: EpochMs, run: () => void): () => void {
    const wake: Wake = { at, order: this.#order++, run };
    this.#wakes.add(wake);
    return () => {
      this.#wakes.delete(wake);
    };
  }

  /** When the next wake is due; undefined when nobody waits. */
  nextWakeAt(): EpochMs | undefined {
    return this.#next()?.at;
  }

  /** Moves time forward by `ms`, stopping at every wake on the way, also at those set on the way. */
  async advance(ms: number): Promise<void> {
    const target = this.#now + ms;
    await this.settle();
    for (let wake = this.#next(); wake !== undefined && wake.at <= target; wake = this.#next()) {
      this.#wakes.delete(wake);
      // A wake set in the past is due now: time never runs backwards.
      this.#now = Math.max(this.#now, wake.at);
      wake.run();
      await this.settle();
    }
    this.#now = target;
  }

  /** Lets promises and immediates run without moving time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < settlingTurns; turn++) await loopTurn();
  }

  #next(): Wake | undefined {
    let first: Wake | undefined;
    for (const wake of this.#wakes) {
      if (first === undefined || wake.at < first.at || (wake.at === first.at && wake.order < first.order)) first = wake;
    }
    return first;
  }
}
