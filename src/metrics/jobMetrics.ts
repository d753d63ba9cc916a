// Jobs on lanes, of this machine and of others, in numbers: how fast an engine gets them, whether it knew their program, and what comes after a proof.
import type { Clock, SteadyMs } from '../clock.js';
import type { LaneId, RequestId } from '../ids.js';
import type { JobWatch } from '../lanes/jobWatch.js';
import { type Meter, serviceBuckets } from './meter.js';

const results = ['hit', 'miss'] as const;

export interface JobMetrics extends JobWatch {
  /** The end of a request is on disk. */
  ended(requestId: RequestId, isFulfilled: boolean): void;
}

export function createJobMetrics(meter: Meter, clock: Pick<Clock, 'steady'>): JobMetrics {
  const dispatch = meter.histogram({
    name: 'sealed_dispatch_seconds',
    help: 'From the grant of a lane until its engine, or a worker elsewhere, has the job; a prover that still loads and memory that is waited for included.',
    buckets: serviceBuckets,
  });
  const completion = meter.histogram({
    name: 'sealed_completion_seconds',
    help: 'From the last byte of a proof until its request is fulfilled on disk, the verification included.',
    buckets: serviceBuckets,
  });
  /** Counted here and told when the metrics are read. */
  const setups = { hit: 0, miss: 0 };
  meter.total(
    {
      name: 'sealed_setups_total',
      help: 'Jobs to prove, by whether their engine had set the program up before.',
      labels: { result: results },
    },
    () => results.map((result) => ({ labels: { result }, value: setups[result] })),
  );
  /** No longer than the requests are open: what was given up tells nothing of a proof. */
  const readAt = new Map<RequestId, SteadyMs>();
  return {
    begun(job, grantedAt, programs) {
      dispatch.observe({}, (clock.steady() - grantedAt) / 1000);
      if (job.stage === 'prove') setups[programs.has(job.program.sha256) ? 'hit' : 'miss'] += 1;
    },
    // A proof that does not verify is made anew: the last one counts.
    proofRead: (requestId) => void readAt.set(requestId, clock.steady()),
    ended(requestId, isFulfilled) {
      const since = readAt.get(requestId);
      if (since === undefined) return;
      readAt.delete(requestId);
      if (isFulfilled) completion.observe({}, (clock.steady() - since) / 1000);
    },
  };
}

/** `lanes`: of this machine. `memory`: of those whose engine is a process of ours. */
export function registerEngineMemory(
  meter: Meter,
  {
    lanes,
    memory,
  }: {
    readonly lanes: readonly LaneId[];
    readonly memory: () => readonly { readonly lane: LaneId; readonly bytes: number }[];
  },
): void {
  meter.gauge(
    {
      name: 'sealed_engine_resident_bytes',
      help: 'Memory of the engine of each lane that runs one, without that of a GPU.',
      labels: { lane: lanes },
    },
    () => memory().map(({ lane, bytes }) => ({ labels: { lane }, value: bytes })),
  );
}
