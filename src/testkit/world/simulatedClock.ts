// Time for tests: it stands still until the test moves it, and every wake runs in the order in which it is due.
// Between two wakes the event loop settles, so that a wake may set the next one.
import { setImmediate as loopTurn } from 'node:timers/promises';
import { type Clock, type EpochMs, lookAgainMs, type SteadyMs } from '../../clock.js';

/** 2023-11-14T22:13:20Z. Any fixed moment will do. A round one reads well in a failing assertion. */
const defaultStart: EpochMs = 1_700_000_000_000;

/** Turns of the event loop granted between two wakes: enough for chains of promises and for local socket writes to be issued. */
const settlingTurns = 4;

/** Where running time begins: not an epoch, so that a mix of the two kinds of time is found out. */
const steadyStart: SteadyMs = 1_000;

interface Wake {
  due: SteadyMs;
  /** Undefined for one that waits for running time only. */
  readonly at: EpochMs | undefined;
  readonly order: number;
  readonly run: () => void;
}

/** A Clock that only a test moves. What happens outside of this process (a child, a socket) is not settled by it: wait for its event. */
export class SimulatedClock implements Clock {
  #now: EpochMs;
  #steady = steadyStart;
  #order = 0;
  readonly #wakes = new Set<Wake>();

  constructor(start: EpochMs = defaultStart) {
    this.#now = start;
  }

  now(): EpochMs {
    return this.#now;
  }

  steady(): SteadyMs {
    return this.#steady;
  }

  wakeAt(at: EpochMs, run: () => void): () => void {
    return this.#add(this.#steady + at - this.#now, at, run);
  }

  wakeIn(ms: number, run: () => void): () => void {
    return this.#add(this.#steady + ms, undefined, run);
  }

  turn(): Promise<void> {
    return loopTurn();
  }

  /** Sets the wall clock forward or back by `ms`; no time passes. Waits for its moments notice as late as the real clock may. */
  async set(ms: number): Promise<void> {
    await this.settle();
    const noticedBy = this.#steady + lookAgainMs;
    this.#now += ms;
    for (const wake of this.#wakes) {
      if (wake.at === undefined) continue;
      const due = this.#steady + wake.at - this.#now;
      wake.due = ms < 0 ? due : Math.min(wake.due, Math.max(due, noticedBy));
    }
    await this.settle();
  }

  #add(due: SteadyMs, at: EpochMs | undefined, run: () => void): () => void {
    const wake: Wake = { due, at, order: this.#order++, run };
    this.#wakes.add(wake);
    return () => {
      this.#wakes.delete(wake);
    };
  }

  /** When the next wake is due. Undefined when nothing waits. */
  nextWakeAt(): EpochMs | undefined {
    const next = this.#next();
    return next && this.#now + next.due - this.#steady;
  }

  /** Moves time forward by `ms`, stopping at every wake on the way, also at those set on the way. */
  async advance(ms: number): Promise<void> {
    const target = this.#steady + ms;
    await this.settle();
    for (let wake = this.#next(); wake !== undefined && wake.due <= target; wake = this.#next()) {
      this.#wakes.delete(wake);
      // A wake set in the past is due now: time never runs backwards.
      this.#pass(wake.due - this.#steady);
      wake.run();
      await this.settle();
    }
    this.#pass(target - this.#steady);
  }

  #pass(ms: number): void {
    this.#now += Math.max(0, ms);
    this.#steady += Math.max(0, ms);
  }

  /** Lets promises and immediates run without moving time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < settlingTurns; turn++) await loopTurn();
  }

  #next(): Wake | undefined {
    let first: Wake | undefined;
    for (const wake of this.#wakes) {
      if (first === undefined || wake.due < first.due || (wake.due === first.due && wake.order < first.order))
        first = wake;
    }
    return first;
  }
}
