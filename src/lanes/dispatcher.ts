// Brings jobs and lanes together, as the queue's policy says. Event-driven: a job arrives, or a lane becomes free. Nothing polls.
import type { Clock, SteadyMs } from '../clock.js';
import type { Job, JobOf, ProofMode, RequestMode, ResultOf, Stage } from '../engines/jobs.js';
import { fail } from '../failures/fail.js';
import { failed, type Outcome } from '../failures/outcome.js';
import type { Address, LaneId, RequestId } from '../ids.js';
import type { Log } from '../log.js';
import { chooseServer, Queue, type QueueLimits, type Rank, type Waiting } from '../machines/queue/queue.js';
import { aloneKind, type Lane } from './lane.js';
import { outageOf } from './outage.js';
import { type Judged, ProofVerdicts } from './proofVerdicts.js';
import type {
  LaneOrders,
  LaneReport,
  LaneStatus,
  ProgramOrder,
  Scheduling,
  Terms,
  WaitingWork,
  Watch,
} from './scheduling.js';
import { untilState } from './untilState.js';

export interface DispatcherParameters {
  readonly lanes: readonly Lane[];
  /** Of each stage's waiting line. */
  readonly limits: QueueLimits;
  /** Lanes that prove may be added at any time: what none serves now may be served later. */
  readonly awaitsWorkers: boolean;
  /** Why no lane of this service will ever prove the mode, when none of `lanes` is made for it. */
  readonly refusal: (mode: ProofMode) => string;
  readonly clock: Clock;
  readonly log: Log;
}

interface WaitingJob extends Waiting {
  readonly requestId: RequestId;
  readonly requester: Address;
  readonly since: SteadyMs;
  /** Gives the job to a lane that is free. */
  readonly grant: (lane: Lane) => void;
}

export class Dispatcher implements Scheduling {
  readonly #about: DispatcherParameters;
  readonly #queues: Readonly<Record<Stage, Queue<WaitingJob>>>;
  readonly #lanes = new Set<Lane>();
  /** By lane: ends what is heard of it. */
  readonly #heard = new Map<Lane, () => void>();
  readonly #laneListeners = new Set<(lane: LaneStatus) => void>();
  readonly #verdicts = new ProofVerdicts();
  #orders: LaneOrders = { mayGrant: () => true, mayStart: () => true };
  #hasHadWorker = false;
  readonly #idleListeners = new Set<() => void>();
  #jobs = 0;
  #running = 0;
  #isClosed = false;

  constructor(about: DispatcherParameters) {
    this.#about = about;
    const queue = () => new Queue<WaitingJob>(about.limits);
    this.#queues = { execute: queue(), setup: queue(), prove: queue(), verify: queue() };
    for (const lane of about.lanes) this.#include(lane);
  }

  /** A lane of another machine. It is started, and stays until it is removed. */
  add(lane: Lane): void {
    this.#hasHadWorker = true;
    this.#include(lane);
    if (this.#isClosed || !this.#orders.mayStart(lane.id)) return;
    lane.start();
    const asideUntil = this.#verdicts.asideUntil(lane.prover, this.#about.clock.steady());
    if (asideUntil !== undefined) lane.distrust(cameBack, asideUntil);
  }

  /** It gets no job from now on. Resolves when what it has is answered and the lane has stopped. */
  async remove(lane: Lane): Promise<void> {
    if (!this.#lanes.delete(lane)) return;
    await untilState(lane, (state) => state !== 'busy');
    await lane.stop();
    this.#heard.get(lane)?.();
    this.#heard.delete(lane);
  }

  /** Starts every lane; jobs may be given before. */
  start(): void {
    for (const lane of this.#lanes) if (this.#orders.mayStart(lane.id)) lane.start();
  }

  /** Fails with QUEUE_FULL too. A job that no lane can do now waits, also for quarantined lanes. After `drain` or `stop` it waits for ever. */
  run<S extends Stage>(job: JobOf<S>, terms: Terms, watch: Watch): Promise<Outcome<ResultOf[S]>> {
    if (watch.signal.aborted) return Promise.resolve(failed(fail('ABORTED')));
    return new Promise((resolve) => {
      const queue = this.#queues[job.stage];
      const leave = () => {
        queue.remove(waiting.id);
        resolve(failed(fail('ABORTED')));
      };
      const waiting: WaitingJob = {
        ...rankOf(job),
        id: `${this.#jobs++}`,
        requestId: job.requestId,
        since: this.#about.clock.steady(),
        requester: terms.requester,
        deadlineAt: terms.deadlineAt,
        resumed: terms.resumed,
        ...(terms.priority && { priority: terms.priority }),
        grant: (lane) => {
          watch.signal.removeEventListener('abort', leave);
          void this.#occupy(lane, job, watch, terms.requester).then(resolve);
        },
      };
      if (!queue.add(waiting)) return resolve(failed(fail('QUEUE_FULL', { limit: this.#about.limits.jobs })));
      watch.signal.addEventListener('abort', leave, { once: true });
      this.#match(job.stage);
    });
  }

  refusal(mode: RequestMode): string | undefined {
    const lanes = [...this.#lanes];
    if (mode === 'tee') return lanes.some(({ stage }) => stage === 'setup') ? undefined : unsigned;
    if (this.#about.awaitsWorkers) return undefined;
    const provers = lanes.filter((lane) => lane.stage === 'prove');
    if (provers.some((lane) => lane.modes.includes(mode))) return undefined;
    if (provers.some((lane) => lane.configuredModes.includes(mode))) {
      return 'their circuit files are not on this machine, or what SP1 needs to use them is not';
    }
    return this.#about.refusal(mode);
  }

  awaited(stage: Stage): string {
    if (stage !== 'prove' || !this.#about.awaitsWorkers) return 'no lane does such work now';
    return this.#hasHadWorker ? 'no worker that is here now offers it, and it waits for one that does' : workerless;
  }

  outage(mode?: RequestMode): ReturnType<Scheduling['outage']> {
    const { awaitsWorkers, refusal } = this.#about;
    const outage = outageOf([...this.#lanes], mode, () => (awaitsWorkers ? workerless : refusal('core')));
    // From the first worker on requests wait for those to come, as they wait for a lane that is restarted.
    return outage?.stage === 'prove' && this.#hasHadWorker ? undefined : outage;
  }

  lanes(): readonly LaneStatus[] {
    return [...this.#lanes].map((lane) => lane.status);
  }

  laneReports(): readonly LaneReport[] {
    return [...this.#lanes].map((lane) => lane.report);
  }

  /** What engines hold in memory, of the lanes whose process is ours and runs. */
  engineMemory(): readonly { readonly lane: LaneId; readonly bytes: number }[] {
    const all = [...this.#lanes].map((lane) => ({ lane: lane.id, bytes: lane.residentBytes() }));
    return all.flatMap(({ lane, bytes }) => (bytes === undefined ? [] : [{ lane, bytes }]));
  }

  line(stage: Stage): readonly WaitingWork[] {
    const now = this.#about.clock.steady();
    const waiting = this.#queues[stage].peek(Number.POSITIVE_INFINITY);
    return waiting.map(({ requestId, requester, kind, since }) => ({ requestId, requester, kind, forMs: now - since }));
  }

  onLaneChange(listener: (lane: LaneStatus) => void): () => void {
    this.#laneListeners.add(listener);
    return () => void this.#laneListeners.delete(listener);
  }

  /** How many jobs wait for a lane of this stage. */
  waiting(stage: Stage): number {
    return this.#queues[stage].size;
  }

  rerank(requestId: RequestId, rank: Rank): void {
    for (const queue of Object.values(this.#queues))
      for (const { id, requestId: whose } of queue.peek(Number.POSITIVE_INFINITY))
        if (whose === requestId) queue.rerank(id, rank);
  }

  obey(orders: LaneOrders): void {
    this.#orders = orders;
  }

  reconsider(): void {
    for (const stage of Object.keys(this.#queues)) this.#match(stage as Stage);
  }

  startLane(id: LaneId): void {
    const lane = this.#named(id);
    if (lane === undefined || this.#isClosed) return;
    this.#verdicts.forgive(lane.prover);
    lane.start();
  }

  prepareLane(id: LaneId, order: ProgramOrder): boolean {
    return !this.#isClosed && (this.#named(id)?.prepare(order) ?? false);
  }

  async stopLane(id: LaneId): Promise<void> {
    await this.#named(id)?.stop();
  }

  #named(id: LaneId): Lane | undefined {
    return [...this.#lanes].find((lane) => lane.id === id);
  }

  /** Grants nothing from now on. Resolves when no job runs any more, or after `patienceMs`. */
  async drain(patienceMs: number): Promise<void> {
    this.#isClosed = true;
    if (this.#running === 0) return;
    const { clock } = this.#about;
    await new Promise<void>((resolve) => {
      const cancel = clock.wakeIn(patienceMs, resolve);
      this.#idleListeners.add(() => {
        cancel();
        resolve();
      });
    });
  }

  /** Ends all lanes. Running jobs end with ABORTED, waiting ones stay unanswered. Bounded, see `Lane.stop`. */
  async stop(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#heard.keys()].map((lane) => lane.stop()));
    for (const unsubscribe of this.#heard.values()) unsubscribe();
  }

  #include(lane: Lane): void {
    this.#lanes.add(lane);
    const hear = (status: LaneStatus) => {
      this.#match(lane.stage);
      for (const listener of this.#laneListeners) listener(status);
    };
    this.#heard.set(lane, lane.onChange(hear));
  }

  /** Gives waiting jobs to free lanes until one of both has run out. */
  #match(stage: Stage): void {
    if (this.#isClosed) return;
    for (;;) {
      const free = [...this.#lanes].filter(
        (lane) => lane.stage === stage && lane.isFree && this.#orders.mayGrant(lane.id),
      );
      const job = firstDefined(free, (lane) => this.#queues[stage].take(lane, this.#about.clock.now()));
      if (job === undefined) return;
      const lane = chooseServer(job, free);
      if (lane === undefined) throw new Error(`taken by a lane that does not serve it: ${job.kind}`);
      job.grant(lane);
    }
  }

  async #occupy<S extends Stage>(
    lane: Lane,
    job: JobOf<S>,
    watch: Watch,
    requester: Address,
  ): Promise<Outcome<ResultOf[S]>> {
    this.#running++;
    const { requestId, stage } = job;
    const done: Job = job;
    this.#about.log.debug({ event: 'lane.granted', requestId, stage, laneId: lane.id }, 'lane granted');
    // The lane first: a listener that looks at the lanes must see it taken.
    const outcome = lane.run<S>(job, watch);
    watch.onGranted(lane.id);
    try {
      const ended = await outcome;
      if (stage === 'prove' && ended.ok) this.#verdicts.made(requestId, lane.prover);
      if (done.stage === 'verify') this.#judge({ requestId, program: done.vkHash, requester }, ended);
      return ended;
    } finally {
      if (--this.#running === 0) for (const listener of this.#idleListeners) listener();
    }
  }

  /** What a proof's verification says of its prover. */
  #judge(proof: Judged, outcome: Outcome<unknown>): void {
    const isRejected = !outcome.ok && outcome.failure.code === 'PROOF_INVALID';
    if (!outcome.ok && !isRejected) return;
    const { clock, log } = this.#about;
    const now = clock.steady();
    const prover = this.#verdicts.judged(proof, outcome.ok, now);
    const until = prover === undefined ? undefined : this.#verdicts.asideUntil(prover, now);
    if (until === undefined || outcome.ok) return;
    log.error(
      { event: 'lane.distrusted', prover },
      'proofs of this prover do not verify, one after the other: it is set aside',
    );
    for (const lane of this.#lanes)
      if (lane.prover === prover && lane.stage === 'prove') lane.distrust(outcome.failure, until);
  }
}

/** Of a lane that is new, and whose prover is not. */
const cameBack = fail('PROOF_INVALID', { reason: 'its proofs did not verify when it was here before' });

/** As the end of a sentence. */
const workerless = 'no worker has come since it was started';

const unsigned = 'it was started without --tee, so it signs nothing';

/** What the queue has to know of a job, but for its terms. */
function rankOf(job: JobOf<Stage>): Pick<Waiting, 'kind' | 'program' | 'sizeBytes'> {
  if (job.stage === 'verify') return { kind: 'verify', program: '', sizeBytes: job.proof.sizeBytes };
  const { sha256: program, sizeBytes } = job.program;
  if (job.stage === 'setup') return { kind: 'setup', program, sizeBytes };
  return { kind: kindOf(job), program, sizeBytes: sizeBytes + job.stdin.sizeBytes };
}

function kindOf(job: JobOf<'execute' | 'prove'>): string {
  if (job.stage === 'prove') return job.mode;
  return job.alone === undefined ? 'execute' : aloneKind;
}

function firstDefined<T, U>(items: readonly T[], find: (item: T) => U | undefined): U | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
