// The engine of a lane whose prover is on another machine. It hands its job out when the worker asks for one, under a lease, and has an
// outcome when the worker reports, when the lease runs out, or when the worker is gone. Nothing that comes late counts.
import type { Clock } from '../clock.js';
import type { Engine, RunWatch } from '../engines/engine.js';
import type { JobOf, ProveJob, ResultOf, Stage } from '../engines/jobs.js';
import type { Failure } from '../failures/catalog.js';
import { fail } from '../failures/fail.js';
import { failed, type Outcome, succeeded } from '../failures/outcome.js';
import type { LaneId, Sha256 } from '../ids.js';
import { type Random, randomHex } from '../random.js';
import type { LeasedJob } from './leasedJob.js';
import { type LeaseTimes, leaseTimes } from './leaseTimes.js';
import { ProofArrival } from './proofArrival.js';
import { proofLimitBytes } from './proofLimits.js';

export interface LeasedEngineParameters {
  readonly laneId: LaneId;
  readonly clock: Clock;
  readonly random: Random;
  /** A job that was handed out is not wanted any more: the worker must hear of it. */
  readonly onGivenUp: () => void;
  /** Its lease has run out. */
  readonly onExpired: () => void;
  readonly times?: LeaseTimes;
}

interface Current {
  readonly job: ProveJob;
  readonly watch: RunWatch;
  readonly settle: (outcome: Outcome<ResultOf['prove']>) => void;
  /** Since it was handed out. */
  lease: LeasedJob | undefined;
}

export class LeasedEngine implements Engine {
  readonly kind = 'worker';
  readonly #about: LeasedEngineParameters;
  readonly #times: LeaseTimes;
  #current: Current | undefined;
  #isLost = false;
  /** Nothing of an earlier lease of this job is left on the disk. Never rejects. */
  #swept: Promise<void> = Promise.resolve();
  #programs: ReadonlySet<Sha256> = new Set();
  /** Answers the worker that asks for a job. */
  #answerAsk: ((lease: LeasedJob | undefined) => void) | undefined;

  constructor(about: LeasedEngineParameters) {
    this.#about = about;
    this.#times = about.times ?? leaseTimes;
  }

  get connected(): boolean {
    return !this.#isLost;
  }

  get laneId(): LaneId {
    return this.#about.laneId;
  }

  get programs(): ReadonlySet<Sha256> {
    return this.#programs;
  }

  /** The lease under which its job is handed out. */
  get lease(): LeasedJob | undefined {
    return this.#current?.lease;
  }

  notePrograms(programs: readonly Sha256[]): void {
    this.#programs = new Set(programs);
  }

  async connect(): Promise<Outcome<void>> {
    return this.#isLost ? failed(this.#lostTo('its worker has gone', false)) : succeeded(undefined);
  }

  async info(): Promise<Outcome<never>> {
    return failed(fail('ENGINE_REFUSED', { laneId: this.#about.laneId, detail: 'a worker does not describe itself' }));
  }

  /** A lane is offered when its jobs can start. */
  async waitReady(): Promise<Outcome<void>> {
    return succeeded(undefined);
  }

  run<S extends Stage>(job: JobOf<S>, watch: RunWatch): Promise<Outcome<ResultOf[S]>> {
    if (job.stage !== 'prove') throw new Error(`leased to a worker: ${job.stage}`);
    return this.#prove(job as ProveJob, watch) as Promise<Outcome<ResultOf[S]>>;
  }

  async setUp(): Promise<Outcome<never>> {
    return failed(this.#refused('a worker sets up what its jobs need'));
  }

  async forget(): Promise<Outcome<void>> {
    return succeeded(undefined);
  }

  async close(): Promise<void> {
    this.#end(failed(fail('ABORTED')));
    this.#answerAsk?.(undefined);
  }

  /** The worker asks for a job. Resolves with none when there was none for a while, or when it asks again. */
  ask(signal: AbortSignal): Promise<LeasedJob | undefined> {
    this.#answerAsk?.(undefined);
    // A lane asks when it has nothing to do: what was handed to it before has not arrived.
    const isCut = this.#current?.watch.signal.aborted ?? false;
    if (isCut) this.#end(failed(fail('ABORTED')));
    else this.#revoke();
    return new Promise((resolve) => {
      const answer = (lease: LeasedJob | undefined) => {
        cancel();
        signal.removeEventListener('abort', leave);
        if (this.#answerAsk === answer) this.#answerAsk = undefined;
        resolve(lease);
      };
      const leave = () => answer(undefined);
      const cancel = this.#about.clock.wakeIn(this.#times.askMs, leave);
      this.#answerAsk = answer;
      if (signal.aborted) return leave();
      signal.addEventListener('abort', leave, { once: true });
      this.#handOut();
    });
  }

  /** The worker has its job still. */
  renew(lease: LeasedJob): void {
    lease.expiry();
    const { leaseMs, graceMs } = this.#times;
    lease.expiry = this.#about.clock.wakeIn(leaseMs + graceMs, this.#about.onExpired);
  }

  /** False: it came too late. Rejects with what the disk says. */
  async complete(lease: LeasedJob, proof: { readonly sha256: string; readonly sizeBytes: number }): Promise<boolean> {
    if (!this.#isHeld(lease)) return false;
    lease.watch.onLastByte?.(this.#about.clock.now());
    const measured = await lease.proof.finish();
    if (!this.#isHeld(lease)) return false;
    if (lease.watch.signal.aborted) return this.fail(lease, fail('ABORTED'));
    const isWhole = measured?.sha256 === proof.sha256 && measured.sizeBytes === proof.sizeBytes;
    if (!isWhole || measured === undefined) return this.fail(lease, this.#refused('its proof did not arrive whole'));
    return this.#end(succeeded(measured));
  }

  /** There will be no proof. False: it came too late. */
  fail(lease: LeasedJob, failure: Failure): boolean {
    return this.#isHeld(lease) && this.#end(failed(failure));
  }

  /** The worker is gone, or has lost this lane. What it was doing goes to others. */
  lose(detail: string, blame: boolean): void {
    if (this.#isLost) return;
    this.#isLost = true;
    // A job that was not handed out cannot be the reason.
    this.#end(failed(this.#lostTo(detail, blame && this.lease !== undefined)));
    this.#answerAsk?.(undefined);
  }

  #prove(job: ProveJob, watch: RunWatch): Promise<Outcome<ResultOf['prove']>> {
    return new Promise((resolve) => {
      if (this.#isLost) return resolve(failed(this.#lostTo('its worker has gone', false)));
      const cut = () => {
        // Work that nobody has begun ends here. Otherwise the lane is free when the worker says so.
        if (current.lease === undefined) this.#end(failed(fail('ABORTED')));
        else this.#about.onGivenUp();
      };
      const settle = (outcome: Outcome<ResultOf['prove']>) => {
        watch.signal.removeEventListener('abort', cut);
        resolve(outcome);
      };
      const current: Current = { job, watch, settle, lease: undefined };
      this.#current = current;
      watch.signal.addEventListener('abort', cut, { once: true });
      if (watch.signal.aborted) cut();
      else this.#handOut();
    });
  }

  #handOut(): void {
    const current = this.#current;
    if (current === undefined || current.lease !== undefined || this.#answerAsk === undefined) return;
    const { job, watch } = current;
    const lease: LeasedJob = {
      id: randomHex(this.#about.random, 16),
      job,
      watch,
      proof: new ProofArrival(
        job.output,
        proofLimitBytes[job.mode],
        () => this.fail(lease, this.#refused('its proof is longer than one can be')),
        this.#swept,
      ),
      reading: new Set(),
      isCutTold: false,
      expiry: () => {},
    };
    current.lease = lease;
    this.renew(lease);
    watch.onTaken?.();
    this.#answerAsk(lease);
  }

  #isHeld(lease: LeasedJob): boolean {
    return this.#current?.lease === lease;
  }

  #revoke(): void {
    const current = this.#current;
    if (current?.lease === undefined) return;
    current.lease.expiry();
    this.#swept = current.lease.proof.discard();
    current.lease = undefined;
  }

  /** True: this is how its job has ended. */
  #end(outcome: Outcome<ResultOf['prove']>): boolean {
    const current = this.#current;
    if (current === undefined) return false;
    this.#current = undefined;
    current.lease?.expiry();
    const { lease, watch, settle } = current;
    // Before the outcome: another attempt may write the same file.
    const gone = outcome.ok ? Promise.resolve() : (lease?.proof.discard() ?? Promise.resolve());
    void gone.then(() => settle(watch.signal.aborted && !this.#isLost ? failed(fail('ABORTED')) : outcome));
    return true;
  }

  #lostTo(detail: string, blame: boolean): Failure {
    return fail('ENGINE_LOST', { laneId: this.#about.laneId, detail, blame });
  }

  #refused(detail: string): Failure {
    return fail('ENGINE_REFUSED', { laneId: this.#about.laneId, detail });
  }
}
