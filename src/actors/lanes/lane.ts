// A lane: the machine, the engine that it keeps alive, and one job at a time.
import { createActor, fromCallback, fromPromise } from 'xstate';
import {
  type JobOf,
  type ProofMode,
  type ResultOf,
  type Stage,
  type WrappedMode,
  wrappedModes,
} from '../../engines/jobs.js';
import { fail, failed, type Outcome } from '../../errors.js';
import type { Sha256 } from '../../ids.js';
import { type LaneEvent, laneMachine, laneStateOf, type WorkEnd } from '../../machines/lane.js';
import type { FreeServer } from '../../machines/queue.js';
import { LaneEngine, type LaneEngineParameters } from './laneEngine.js';
import { runLaneJob } from './laneJob.js';
import type { LaneStatus, Watch } from './scheduling.js';

export interface LaneParameters extends Omit<LaneEngineParameters, 'firstMode'> {
  /** Of prove lanes: what they may prove. Empty for the others. */
  readonly modes: readonly ProofMode[];
}

/** SIGKILL works within milliseconds, but for a process that hangs in the kernel (a broken GPU driver): nobody can wait for that. */
const stopPatienceMs = 5_000;

type AnyJob = JobOf<Stage>;
type AnyOutcome = Outcome<ResultOf[Stage]>;
interface Current {
  readonly job: AnyJob;
  readonly watch: Pick<Watch, 'signal' | 'onProgress'>;
  readonly settle: (outcome: AnyOutcome) => void;
  isBegun: boolean;
}

export class Lane implements FreeServer {
  readonly id: LaneStatus['id'];
  readonly stage: Stage;
  readonly #about: LaneParameters;
  readonly #engine: LaneEngine;
  readonly #actor;
  readonly #listeners = new Set<(status: LaneStatus) => void>();
  #current: Current | undefined;
  #told: LaneStatus;

  constructor(about: LaneParameters) {
    this.id = about.id;
    this.stage = about.stage;
    this.#about = about;
    this.#engine = new LaneEngine({ ...about, firstMode: about.stage === 'prove' ? about.modes[0] : undefined });
    this.#actor = createActor(
      laneMachine.provide({
        actors: {
          startEngine: fromPromise(({ signal }) => this.#engine.start(signal)),
          endEngine: fromPromise(() => this.#engine.end()),
          warmUp: fromCallback<LaneEvent>(({ sendBack }) => {
            void this.#engine.untilWarm(() => {}).then((outcome) => outcome.ok && sendBack({ type: 'WARMED' }));
          }),
          watchEngine: fromCallback<LaneEvent>(({ sendBack }) =>
            this.#engine.onLoss((loss) => sendBack({ type: 'ENGINE_DIED', loss })),
          ),
          work: fromPromise(({ signal }) => this.#work(signal)),
          cool: fromPromise(({ input, signal }) => this.#waitUntil(input.until, signal)),
        },
      }),
    );
    this.#told = this.status;
    this.#actor.subscribe({
      next: () => this.#changed(),
      error: (error) => about.log.error({ event: 'lane.failed', laneId: this.id, err: error }, 'lane machine failed'),
    });
    this.#actor.start();
  }

  /** Ends cooling and quarantine too. */
  start(): void {
    this.#actor.send({ type: 'START' });
  }

  /** Ends the engine and gives up the job, which is answered with ABORTED. Resolves when nothing is left, or after 5 s. */
  async stop(): Promise<void> {
    this.#actor.send({ type: 'STOP' });
    const { clock, log } = this.#about;
    let cancel = () => {};
    const patience = new Promise<'late'>((resolve) => {
      cancel = clock.wakeAt(clock.now() + stopPatienceMs, () => resolve('late'));
    });
    const end = await Promise.race([this.#engine.close(), patience]);
    cancel();
    if (end !== 'late') return;
    this.#engine.abandon();
    log.error({ event: 'lane.stuck', laneId: this.id }, 'engine process cannot be killed');
  }

  /** May be given a job now. */
  get isFree(): boolean {
    return this.#current === undefined && laneStateOf(this.#actor.getSnapshot()) === 'ready';
  }

  get warm(): boolean {
    return this.#actor.getSnapshot().context.warm;
  }

  get programCount(): number {
    return this.#engine.programs.size;
  }

  hasProgram(program: string): boolean {
    return this.#engine.programs.has(program as Sha256);
  }

  serves(kind: string): boolean {
    return this.stage === 'prove' ? this.modes.some((mode) => mode === kind) : kind === this.stage;
  }

  get configuredModes(): readonly ProofMode[] {
    return this.#about.modes;
  }

  /** What it proves: as configured, without the wrapped modes whose circuit files the engine has not found. */
  get modes(): readonly ProofMode[] {
    const { wrapCircuits } = this.#engine;
    if (wrapCircuits === undefined) return this.#about.modes;
    return this.#about.modes.filter((mode) => !isWrapped(mode) || wrapCircuits.includes(mode));
  }

  get status(): LaneStatus {
    const snapshot = this.#actor.getSnapshot();
    const state = laneStateOf(snapshot);
    return {
      id: this.id,
      kind: this.#about.spec.kind,
      stage: this.stage,
      // A job granted by somebody who has just heard that the lane is ready: the machine learns of it when it has told everybody.
      state: state === 'ready' && this.#current !== undefined ? 'busy' : state,
      modes: this.modes,
      warm: snapshot.context.warm,
      crashes: snapshot.context.crashes,
    };
  }

  onChange(listener: (status: LaneStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Does a job; only a free lane may be asked. Fails with ABORTED by the signal, ENGINE_LOST, OUT_OF_MEMORY, or as the engine does. */
  run<S extends Stage>(job: JobOf<S>, watch: Pick<Watch, 'signal' | 'onProgress'>): Promise<Outcome<ResultOf[S]>> {
    return new Promise((resolve) => {
      const settle = resolve as (outcome: AnyOutcome) => void;
      this.#current = { job, watch, settle, isBegun: false };
      this.#actor.send({ type: 'GRANT' });
    });
  }

  async #work(stopped: AbortSignal): Promise<WorkEnd> {
    const current = this.#current;
    if (current === undefined) throw new Error('granted without a job');
    current.isBegun = true;
    const { id: laneId, clock, log } = this.#about;
    const { job, watch, settle } = current;
    try {
      return await runLaneJob({ laneId, job, watch, engine: this.#engine, clock, log }, settle, stopped);
    } catch (error) {
      settle(failed(fail('INTERNAL', { reference: job.requestId })));
      log.error({ event: 'lane.job_failed', laneId, requestId: job.requestId, err: error }, 'our own bug');
      throw error;
    } finally {
      if (this.#current === current) this.#current = undefined;
    }
  }

  /** Rejects never; an aborted wait stays unanswered, as its machine has left it. */
  #waitUntil(at: number | null, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (at === null) return;
      signal.addEventListener('abort', this.#about.clock.wakeAt(at, resolve), { once: true });
    });
  }

  #changed(): void {
    const { status } = this;
    const before = this.#told;
    // The engine died between the dispatcher's choice and the grant: the machine was no longer listening for one.
    const current = this.#current;
    if (current !== undefined && !current.isBegun && status.state !== 'ready' && status.state !== 'busy') {
      this.#current = undefined;
      current.settle(failed(fail('ENGINE_LOST', { laneId: this.id, detail: 'gone before the job', blame: false })));
    }
    if (isSame(status, before)) return;
    this.#told = status;
    const { id: laneId, log } = this.#about;
    const { lastFailure, resumeAt } = this.#actor.getSnapshot().context;
    const { state: to, warm, crashes } = status;
    log.info(
      { event: 'lane.transition', laneId, from: before.state, to, warm, crashes, lastFailure, resumeAt },
      `lane ${to}`,
    );
    for (const listener of this.#listeners) listener(status);
  }
}

const isWrapped = (mode: ProofMode): mode is WrappedMode => wrappedModes.some((each) => each === mode);

function isSame(a: LaneStatus, b: LaneStatus): boolean {
  return a.state === b.state && a.warm === b.warm && a.crashes === b.crashes && a.modes.join() === b.modes.join();
}
