// Brings jobs and lanes together, as the queue's policy says. Event-driven: a job arrives, or a lane becomes free; nothing polls.
import type { Clock } from '../../clock.js';
import type { JobOf, ProofMode, ResultOf, Stage } from '../../engines/jobs.js';
import { fail, failed, type Outcome } from '../../errors.js';
import type { LaneId } from '../../ids.js';
import type { Log } from '../../log.js';
import { chooseServer, Queue, type QueueLimits, type Waiting } from '../../machines/queue.js';
import type { Lane } from './lane.js';
import type { LaneStatus, Scheduling, Terms, Watch } from './scheduling.js';

export interface DispatcherParameters {
  readonly lanes: readonly Lane[];
  /** Of each stage's waiting line. */
  readonly limits: QueueLimits;
  /** Why no lane of this service will ever prove the mode, when none of `lanes` is made for it. */
  readonly refusal: (mode: ProofMode) => string;
  readonly clock: Clock;
  readonly log: Log;
}

interface WaitingJob extends Waiting {
  /** Gives the job to a lane that is free. */
  readonly grant: (lane: Lane) => void;
}

export class Dispatcher implements Scheduling {
  readonly #about: DispatcherParameters;
  readonly #queues: Readonly<Record<Stage, Queue<WaitingJob>>>;
  readonly #unsubscribe: (() => void)[];
  readonly #idleListeners = new Set<() => void>();
  #jobs = 0;
  #running = 0;
  #isClosed = false;

  constructor(about: DispatcherParameters) {
    this.#about = about;
    const queue = () => new Queue<WaitingJob>(about.limits);
    this.#queues = { execute: queue(), prove: queue(), verify: queue() };
    this.#unsubscribe = about.lanes.map((lane) => lane.onChange(() => this.#match(lane.stage)));
  }

  /** Starts every lane; jobs may be given before. */
  start(): void {
    for (const lane of this.#about.lanes) lane.start();
  }

  /** Fails with QUEUE_FULL too. A job that no lane can do now waits, also for lanes in quarantine; after `drain` or `stop` for ever. */
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
        requester: terms.requester,
        deadlineAt: terms.deadlineAt,
        resumed: terms.resumed,
        grant: (lane) => {
          watch.signal.removeEventListener('abort', leave);
          void this.#occupy(lane, job, watch).then(resolve);
        },
      };
      if (!queue.add(waiting)) return resolve(failed(fail('QUEUE_FULL', { limit: this.#about.limits.jobs })));
      watch.signal.addEventListener('abort', leave, { once: true });
      this.#match(job.stage);
    });
  }

  refusal(mode: ProofMode): string | undefined {
    const provers = this.#about.lanes.filter((lane) => lane.stage === 'prove');
    if (provers.some((lane) => lane.modes.includes(mode))) return undefined;
    if (provers.some((lane) => lane.configuredModes.includes(mode))) {
      return 'their circuit files are not on this machine, or what SP1 needs to use them is not';
    }
    return this.#about.refusal(mode);
  }

  lanes(): readonly LaneStatus[] {
    return this.#about.lanes.map((lane) => lane.status);
  }

  onLaneChange(listener: (lane: LaneStatus) => void): () => void {
    const unsubscribe = this.#about.lanes.map((lane) => lane.onChange(listener));
    return () => {
      for (const each of unsubscribe) each();
    };
  }

  /** How many jobs wait for a lane of this stage. */
  waiting(stage: Stage): number {
    return this.#queues[stage].size;
  }

  /** Ends a lane's cooling or quarantine at an operator's word. False: there is no such lane. */
  restart(id: LaneId): boolean {
    const lane = this.#about.lanes.find((each) => each.id === id);
    lane?.start();
    return lane !== undefined;
  }

  /** Grants nothing from now on; resolves when no job runs any more, or after `patienceMs`. */
  async drain(patienceMs: number): Promise<void> {
    this.#isClosed = true;
    if (this.#running === 0) return;
    const { clock } = this.#about;
    await new Promise<void>((resolve) => {
      const cancel = clock.wakeAt(clock.now() + patienceMs, resolve);
      this.#idleListeners.add(() => {
        cancel();
        resolve();
      });
    });
  }

  /** Ends all lanes; running jobs end with ABORTED, waiting ones stay unanswered. Bounded, see `Lane.stop`. */
  async stop(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#about.lanes.map((lane) => lane.stop()));
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  /** Gives waiting jobs to free lanes until one of both has run out. */
  #match(stage: Stage): void {
    if (this.#isClosed) return;
    for (;;) {
      const free = this.#about.lanes.filter((lane) => lane.stage === stage && lane.isFree);
      const job = firstDefined(free, (lane) => this.#queues[stage].take(lane, this.#about.clock.now()));
      if (job === undefined) return;
      const lane = chooseServer(job, free);
      if (lane === undefined) throw new Error(`taken by a lane that does not serve it: ${job.kind}`);
      job.grant(lane);
    }
  }

  async #occupy<S extends Stage>(lane: Lane, job: JobOf<S>, watch: Watch): Promise<Outcome<ResultOf[S]>> {
    this.#running++;
    const { requestId, stage } = job;
    this.#about.log.debug({ event: 'lane.granted', requestId, stage, laneId: lane.id }, 'lane granted');
    // The lane first: a listener that looks at the lanes must see it taken.
    const outcome = lane.run<S>(job, watch);
    watch.onGranted(lane.id);
    try {
      return await outcome;
    } finally {
      if (--this.#running === 0) for (const listener of this.#idleListeners) listener();
    }
  }
}

/** What the queue has to know of a job, but for its terms. */
function rankOf(job: JobOf<Stage>): Pick<Waiting, 'kind' | 'program' | 'sizeBytes'> {
  if (job.stage === 'verify') return { kind: 'verify', program: '', sizeBytes: job.proof.sizeBytes };
  return {
    kind: job.stage === 'prove' ? job.mode : job.stage,
    program: job.program.sha256,
    sizeBytes: job.program.sizeBytes + job.stdin.sizeBytes,
  };
}

function firstDefined<T, U>(items: readonly T[], find: (item: T) => U | undefined): U | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
