// A lane: the machine, the engine that it keeps alive, and one job at a time.
import { createActor, fromCallback, fromPromise } from 'xstate';
import type { SteadyMs } from '../clock.js';
import {
  type JobOf,
  type Progress,
  type ProofMode,
  type ResultOf,
  type Stage,
  type WrappedMode,
  wrappedModes,
} from '../engines/jobs.js';
import type { Failure } from '../failures/catalog.js';
import { fail } from '../failures/fail.js';
import { failed, type Outcome } from '../failures/outcome.js';
import type { Sha256 } from '../ids.js';
import { crashWindowMs, type LaneEvent, laneMachine, laneStateOf, type WorkEnd } from '../machines/lane/machine.js';
import type { FreeServer } from '../machines/queue/queue.js';
import type { JobWatch } from './jobWatch.js';
import { LaneEngine, type LaneEngineParameters } from './laneEngine.js';
import { runLaneJob } from './laneJob.js';
import { Preparations } from './preparations.js';
import { Refusals } from './refusals.js';
import type { LaneReport, LaneStatus, LaneWork, ProgramOrder, Watch } from './scheduling.js';

export interface LaneParameters extends Omit<LaneEngineParameters, 'firstMode'> {
  readonly stage: Stage;
  /** Of prove lanes: what they may prove. Empty for the others. */
  readonly modes: readonly ProofMode[];
  /** Of execute lanes: each engine does one job that asks to run alone, and is ended. */
  readonly isSingleUse?: boolean;
  /** Whose proofs its proofs are. By default its own. */
  readonly prover?: string;
  readonly jobs?: JobWatch | undefined;
}

/** The kind of an execution that runs alone, in the dispatcher's line. */
export const aloneKind = 'executeAlone';

/** SIGKILL works within milliseconds, except on a process that hangs in the kernel (a broken GPU driver). We cannot wait for that one. */
const stopPatienceMs = 5_000;

type AnyJob = JobOf<Stage>;
type AnyOutcome = Outcome<ResultOf[Stage]>;
interface Current {
  readonly job: AnyJob;
  readonly watch: Pick<Watch, 'signal' | 'onProgress'>;
  readonly settle: (outcome: AnyOutcome) => void;
  readonly since: SteadyMs;
  isBegun: boolean;
  progress: Progress | undefined;
  missingBytes: number;
}

export class Lane implements FreeServer {
  readonly id: LaneStatus['id'];
  readonly stage: Stage;
  readonly #about: LaneParameters;
  readonly #engine: LaneEngine;
  readonly #actor;
  readonly #listeners = new Set<(status: LaneStatus) => void>();
  readonly #refusals = new Refusals();
  readonly #preparations: Preparations;
  #current: Current | undefined;
  #reported: LaneStatus;
  /** Since when it is in the state that was reported last. */
  #since: SteadyMs;

  constructor(about: LaneParameters) {
    this.id = about.id;
    this.stage = about.stage;
    this.#about = about;
    this.#engine = new LaneEngine({ ...about, firstMode: about.stage === 'prove' ? about.modes[0] : undefined });
    this.#preparations = new Preparations({ ...about, laneId: about.id, engine: this.#engine });
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
          prepare: fromPromise(({ signal }) => this.#preparations.run(signal)),
          cool: fromPromise(({ input, signal }) => this.#waitUntil(input.until, signal)),
        },
      }),
    );
    this.#reported = this.status;
    this.#since = about.clock.steady();
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

  /** Its proofs do not verify: it rests until then, in running time. What it works on is answered with ABORTED. */
  distrust(failure: Failure, until: SteadyMs): void {
    this.#actor.send({ type: 'DISTRUST', failure, until });
  }

  get prover(): string {
    return this.#about.prover ?? this.id;
  }

  /** Ends the engine and gives up the job, which is answered with ABORTED. Resolves when nothing is left, or after 5 s. */
  async stop(): Promise<void> {
    this.#actor.send({ type: 'STOP' });
    const { clock, log } = this.#about;
    let cancel = () => {};
    const patience = new Promise<'late'>((resolve) => {
      cancel = clock.wakeIn(stopPatienceMs, () => resolve('late'));
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

  /** Memory of its engine. Undefined: no process of ours runs, or it cannot be seen. */
  residentBytes(): number | undefined {
    return this.#engine.residentBytes();
  }

  hasProgram(program: string): boolean {
    return this.#engine.programs.has(program as Sha256);
  }

  /** Why it was never of any use. Undefined while it starts for the first time, and for good once its engine was warm. */
  get startFailure(): Failure | undefined {
    const snapshot = this.#actor.getSnapshot();
    const { hasBeenWarm, lastFailure } = snapshot.context;
    if (hasBeenWarm) return undefined;
    if (lastFailure !== null) return lastFailure;
    // Quarantined without a failure: the supervision itself has broken, and the log says why.
    if (laneStateOf(snapshot) !== 'quarantined') return undefined;
    return fail('ENGINE_LOST', { laneId: this.id, detail: 'it is not started any more', blame: false });
  }

  serves(kind: string): boolean {
    return this.#kinds.includes(kind);
  }

  get #kinds(): readonly string[] {
    return this.stage === 'prove' ? this.modes : [this.#about.isSingleUse ? aloneKind : this.stage];
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
      kind: this.#about.home.kind,
      stage: this.stage,
      // A listener that has just heard that the lane is ready may grant a job. The machine learns of it after all listeners have heard.
      state: state === 'ready' && this.#current !== undefined ? 'busy' : state,
      modes: this.modes,
      warm: snapshot.context.warm,
      crashes: snapshot.context.crashes,
      lastFailure: snapshot.context.lastFailure,
    };
  }

  get report(): LaneReport {
    const { status } = this;
    const now = this.#about.clock.steady();
    const { resumeAt, recentCrashes } = this.#actor.getSnapshot().context;
    const rests = status.state === 'cooling' || status.state === 'quarantined';
    return {
      ...status,
      serves: this.#kinds,
      forMs: now - this.#since,
      crashesInWindow: recentCrashes.filter((crashedAt) => crashedAt > now - crashWindowMs).length,
      resumesInMs: rests ? (resumeAt === null ? null : Math.max(0, resumeAt - now)) : undefined,
      current: this.#current && workOf(this.#current, now),
      programs: [...this.#engine.programs],
      preparation: this.#preparations.report,
    };
  }

  onChange(listener: (status: LaneStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Does a job. Only a free lane may be asked. Fails with ABORTED by the signal, ENGINE_LOST, OUT_OF_MEMORY, or as the engine does. */
  run<S extends Stage>(job: JobOf<S>, watch: Pick<Watch, 'signal' | 'onProgress'>): Promise<Outcome<ResultOf[S]>> {
    return new Promise((resolve) => {
      const settle = resolve as (outcome: AnyOutcome) => void;
      const since = this.#about.clock.steady();
      this.#current = { job, watch, settle, since, isBegun: false, progress: undefined, missingBytes: 0 };
      this.#actor.send({ type: 'GRANT' });
    });
  }

  /** For an operator, whose call is no listener of this lane: it is taken at once. False: it is not free, and nothing is done. */
  prepare(order: ProgramOrder): boolean {
    if (!this.isFree) return false;
    this.#preparations.begin(order);
    this.#actor.send({ type: 'PREPARE' });
    return true;
  }

  async #work(stopped: AbortSignal): Promise<WorkEnd> {
    const current = this.#current;
    if (current === undefined) throw new Error('granted without a job');
    current.isBegun = true;
    const { id: laneId, jobs, clock, log } = this.#about;
    const { job, watch, settle, since: grantedAt } = current;
    try {
      const missing = await this.#engine.missingPart();
      if (missing !== undefined) {
        settle(failed(missing));
        return { engine: 'discarded' };
      }
      let outcome: AnyOutcome | undefined;
      const settleFirst = (settled: AnyOutcome) => {
        outcome ??= settled;
        settle(settled);
      };
      const observed = {
        signal: watch.signal,
        onProgress(progress: Progress) {
          current.progress = progress;
          watch.onProgress(progress);
        },
      };
      const onShort = (missingBytes: number) => {
        current.missingBytes = missingBytes;
      };
      const parts = { laneId, job, watch: observed, onShort, grantedAt, jobs, engine: this.#engine, clock, log };
      const end = await runLaneJob(parts, settleFirst, stopped);
      return end.engine === 'kept' && outcome !== undefined ? await this.#afterJob(job, outcome) : end;
    } catch (error) {
      settle(failed(fail('INTERNAL', { reference: job.requestId })));
      log.error({ event: 'lane.job_failed', laneId, requestId: job.requestId, err: error }, 'our own bug');
      throw error;
    } finally {
      if (this.#current === current) this.#current = undefined;
    }
  }

  /** An engine that refuses every job is ill, whatever it says of itself. */
  async #afterJob(job: AnyJob, outcome: AnyOutcome): Promise<WorkEnd> {
    const { id: laneId, clock, log, isSingleUse } = this.#about;
    // Whatever became of the job: what a guest has done to its engine ends with it.
    if (isSingleUse) return { engine: 'spent' };
    if (outcome.ok) await this.#engine.noteParts();
    const isRefusal = !outcome.ok && outcome.failure.code === 'ENGINE_REFUSED';
    const isGivenUp = !outcome.ok && outcome.failure.code === 'ABORTED';
    if (isGivenUp || !this.#engine.isManaged) return { engine: 'kept' };
    const program = 'vkHash' in job ? job.vkHash : job.program.sha256;
    if (!this.#refusals.note(program, isRefusal, clock.steady())) return { engine: 'kept' };
    log.warn({ event: 'engine.refuses_all', laneId }, 'the engine refuses one job after the other: it is restarted');
    return { engine: 'discarded' };
  }

  /** Never rejects. An aborted wait stays unanswered, as its machine has left it. */
  #waitUntil(at: number | null, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (at === null) return;
      signal.addEventListener('abort', this.#about.clock.wakeIn(at - this.#about.clock.steady(), resolve), {
        once: true,
      });
    });
  }

  #changed(): void {
    const { status } = this;
    const before = this.#reported;
    // The engine died between the dispatcher's choice and the grant: the machine was no longer listening for one.
    const current = this.#current;
    if (current !== undefined && !current.isBegun && status.state !== 'ready' && status.state !== 'busy') {
      this.#current = undefined;
      current.settle(failed(fail('ENGINE_LOST', { laneId: this.id, detail: 'gone before the job', blame: false })));
    }
    if (isSame(status, before)) return;
    if (status.state !== before.state) this.#since = this.#about.clock.steady();
    this.#reported = status;
    const { id: laneId, log } = this.#about;
    const { resumeAt } = this.#actor.getSnapshot().context;
    const { state: to, warm, crashes, lastFailure } = status;
    log.info(
      { event: 'lane.transition', laneId, from: before.state, to, warm, crashes, lastFailure, resumeAt },
      `lane ${to}`,
    );
    for (const listener of this.#listeners) listener(status);
  }
}

const workOf = ({ job, since, progress, missingBytes }: Current, now: SteadyMs): LaneWork => ({
  requestId: job.requestId,
  forMs: now - since,
  progress,
  missingBytes,
});

const isWrapped = (mode: ProofMode): mode is WrappedMode => wrappedModes.some((each) => each === mode);

function isSame(a: LaneStatus, b: LaneStatus): boolean {
  return a.state === b.state && a.warm === b.warm && a.crashes === b.crashes && a.modes.join() === b.modes.join();
}
