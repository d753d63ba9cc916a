// What operators have done to the programs of one lane, ahead of its jobs: one is set up, or freed. Nobody's request waits for it, so what
// comes of it is told by the lane and by its log alone.
import type { Clock, SteadyMs } from '../clock.js';
import type { Engine } from '../engines/engine.js';
import type { Progress } from '../engines/jobs.js';
import { traitsOf } from '../engines/traits.js';
import { fail } from '../failures/fail.js';
import { failureFrom } from '../failures/failureFrom.js';
import { failed, type Outcome } from '../failures/outcome.js';
import type { LaneId } from '../ids.js';
import type { Log } from '../log.js';
import type { WorkEnd } from '../machines/lane/machine.js';
import { endOfCall } from './endOfCall.js';
import type { LaneEngine } from './laneEngine.js';
import { unlessAborted } from './laneReadiness.js';
import type { LanePreparation, ProgramOrder } from './scheduling.js';
import { Watchdog } from './watchdog.js';

export interface PreparationsParameters {
  readonly laneId: LaneId;
  readonly engine: LaneEngine;
  readonly clock: Clock;
  readonly log: Log;
}

interface Current {
  readonly order: ProgramOrder;
  readonly since: SteadyMs;
  progress: Progress | undefined;
}

const atSetUp: Progress = { stage: 'setup', done: 0, total: 0, cycles: 0 };

export class Preparations {
  readonly #about: PreparationsParameters;
  #current: Current | undefined;
  #last: LanePreparation | undefined;

  constructor(about: PreparationsParameters) {
    this.#about = about;
  }

  /** `run` does it. */
  begin(order: ProgramOrder): void {
    this.#current = { order, since: this.#about.clock.steady(), progress: undefined };
  }

  /** What is being done, or was done last. */
  get report(): LanePreparation | undefined {
    if (this.#current === undefined) return this.#last;
    return { ...this.#toldOf(this.#current), isUnderWay: true, failure: undefined };
  }

  /** `stopped` ends it at any price. Rejects for a bug of ours alone. */
  async run(stopped: AbortSignal): Promise<WorkEnd> {
    const current = this.#current;
    if (current === undefined) throw new Error('to prepare without an order');
    const { laneId, log } = this.#about;
    let outcome: Outcome<unknown> | undefined;
    const settle = (settled: Outcome<unknown>) => {
      outcome ??= settled;
    };
    try {
      return await this.#carryOut(current, settle, stopped);
    } catch (error) {
      settle(failed(fail('INTERNAL', { reference: laneId })));
      log.error({ event: 'lane.preparation_failed', laneId, err: error }, 'our own bug');
      throw error;
    } finally {
      // A lane that was stopped and started may be at another one by now.
      if (this.#current === current) this.#current = undefined;
      if (outcome !== undefined) this.#ended(current, outcome);
    }
  }

  /** Nothing is settled where nothing was begun. */
  async #carryOut(
    current: Current,
    settle: (outcome: Outcome<unknown>) => void,
    stopped: AbortSignal,
  ): Promise<WorkEnd> {
    const { order } = current;
    try {
      await order.noted();
    } catch {
      // Who has ordered it is told why it could not be noted.
      return { engine: 'kept' };
    }
    if (order.what === 'forget')
      return this.#call((connection, signal) => connection.forget(order.program, { signal }), settle, stopped);
    const report = (progress: Progress) => {
      current.progress = progress;
    };
    return (await this.#unlessReady(report, settle, stopped)) ?? (await this.#setUp(order, report, settle, stopped));
  }

  /** Waits for the prover. Answers how it ends where there is no sense in going on. */
  async #unlessReady(
    report: (progress: Progress) => void,
    settle: (outcome: Outcome<unknown>) => void,
    stopped: AbortSignal,
  ): Promise<WorkEnd | undefined> {
    const { engine, clock } = this.#about;
    const missing = await engine.missingPart();
    if (missing !== undefined) {
      settle(failed(missing));
      return { engine: 'discarded' };
    }
    const warm = await unlessAborted(engine.untilWarm(report), stopped);
    if (warm === undefined || stopped.aborted) {
      settle(failed(fail('ABORTED')));
      return { engine: 'kept' };
    }
    if (warm.ok) return undefined;
    const failure = await engine.causeOf(warm.failure, false);
    settle(failed(failure));
    return { engine: 'lost', loss: { failure, at: clock.steady() } };
  }

  async #setUp(
    order: ProgramOrder & { readonly what: 'set-up' },
    report: (progress: Progress) => void,
    settle: (outcome: Outcome<unknown>) => void,
    stopped: AbortSignal,
  ): Promise<WorkEnd> {
    let local: Awaited<ReturnType<typeof order.load>>;
    try {
      local = await order.load(stopped);
    } catch (error) {
      settle(failed(failureFrom(error, this.#about.laneId)));
      return { engine: 'kept' };
    }
    try {
      report(atSetUp);
      const setUp = async (connection: Engine, signal: AbortSignal): Promise<Outcome<unknown>> => {
        const made = await connection.setUp(local.file, { signal, onProgress: report });
        if (!made.ok || made.value.vk === order.vk) return made;
        // Jobs would be refused with the same. What is of no use is not kept.
        const freed = await connection.forget(order.program, { signal });
        return freed.ok ? failed(fail('VERIFICATION_KEY_MISMATCH', { vkHash: order.vkHash })) : freed;
      };
      return await this.#call(setUp, settle, stopped);
    } finally {
      local.release();
    }
  }

  async #call(
    make: (connection: Engine, signal: AbortSignal) => Promise<Outcome<unknown>>,
    settle: (outcome: Outcome<unknown>) => void,
    stopped: AbortSignal,
  ): Promise<WorkEnd> {
    if (stopped.aborted) {
      settle(failed(fail('ABORTED')));
      return { engine: 'kept' };
    }
    const { laneId, engine, clock } = this.#about;
    // Held: a lane that is stopped gives its connection up while the call still ends.
    const { connection } = engine;
    const cut = new AbortController();
    let isSilent = false;
    const watchdog = new Watchdog(clock, traitsOf[connection.kind].silenceMs, () => {
      isSilent = true;
      cut.abort();
    });
    const giveUp = () => {
      settle(failed(fail('ABORTED')));
      cut.abort();
    };
    stopped.addEventListener('abort', giveUp, { once: true });
    watchdog.feed();
    const outcome = await make(connection, cut.signal);
    watchdog.stop();
    stopped.removeEventListener('abort', giveUp);
    const isCut = cut.signal.aborted && !isSilent;
    return endOfCall({ outcome, laneId, engine, connection, clock, isSilent, isCut }, settle);
  }

  #ended(current: Current, outcome: Outcome<unknown>): void {
    const { laneId, log } = this.#about;
    const failure = outcome.ok ? undefined : outcome.failure;
    this.#last = { ...this.#toldOf(current), progress: undefined, isUnderWay: false, failure };
    const { what, vkHash, program } = current.order;
    const told = { event: 'lane.prepared', laneId, what, vkHash, program, forMs: Math.round(this.#last.forMs) };
    if (failure === undefined) log.info(told, what === 'forget' ? 'program freed' : 'program set up');
    else log.warn({ ...told, failure }, `${what} failed`);
  }

  #toldOf({
    order: { what, vkHash, program },
    since,
    progress,
  }: Current): Omit<LanePreparation, 'isUnderWay' | 'failure'> {
    return { what, vkHash, program, forMs: this.#about.clock.steady() - since, progress };
  }
}
