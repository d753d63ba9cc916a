// One job on one lane, from the grant to the moment when it is known what became of the job and of the engine. The two may come
// apart: a job that was given up is answered at once, while its engine may be worth waiting for.
import type { Clock, SteadyMs } from '../clock.js';
import type { Job, JobOf, Progress, ResultOf, Stage } from '../engines/jobs.js';
import { traitsOf } from '../engines/traits.js';
import type { Failure } from '../failures/catalog.js';
import { fail } from '../failures/fail.js';
import { failed, type Outcome } from '../failures/outcome.js';
import type { LaneId } from '../ids.js';
import type { Log } from '../log.js';
import type { WorkEnd } from '../machines/lane/machine.js';
import { endOfCall } from './endOfCall.js';
import type { JobWatch } from './jobWatch.js';
import type { LaneEngine } from './laneEngine.js';
import { untilReady } from './laneReadiness.js';
import { Remainder } from './laneRemainder.js';
import type { Watch } from './scheduling.js';
import { Watchdog } from './watchdog.js';

export interface LaneJobParameters<S extends Stage> {
  readonly laneId: LaneId;
  readonly job: JobOf<S>;
  readonly watch: Pick<Watch, 'signal' | 'onProgress'>;
  /** Told what memory the job waits for, and 0 when it has enough (bytes). */
  readonly onShort: (missingBytes: number) => void;
  readonly grantedAt: SteadyMs;
  readonly jobs: JobWatch | undefined;
  readonly engine: LaneEngine;
  readonly clock: Clock;
  readonly log: Log;
}

/** Runs the job. The first call of `settle` counts, and comes no later than the promise. `stopped` ends it at any price. */
export async function runLaneJob<S extends Stage>(
  parameters: LaneJobParameters<S>,
  settle: (outcome: Outcome<ResultOf[S]>) => void,
  stopped: AbortSignal,
): Promise<WorkEnd> {
  const { watch, jobs, engine, clock, laneId, log } = parameters;
  const job: Job = parameters.job;
  const lost = (failure: Failure): WorkEnd => ({
    engine: 'lost',
    loss: { failure, at: clock.steady() },
  });

  const givenUp = AbortSignal.any([watch.signal, stopped]);
  const report = (progress: Progress) => {
    if (!givenUp.aborted) watch.onProgress(progress);
  };
  const ready = await untilReady(parameters, report, givenUp);
  // The engine knows nothing of this job yet: nothing has to be killed for it.
  if (ready === undefined || givenUp.aborted) {
    settle(failed(fail('ABORTED')));
    return { engine: 'kept' };
  }
  if (!ready.ok) {
    const failure = await engine.causeOf(ready.failure, false);
    settle(failed(innocent(failure, laneId)));
    return lost(failure);
  }

  // Held: a lane that is stopped gives its connection up while the job still ends.
  const { connection } = engine;
  const remainder = job.stage === 'prove' ? new Remainder(job.mode) : undefined;
  const cut = new AbortController();
  let isSilent = false;
  const watchdog = new Watchdog(clock, traitsOf[connection.kind].silenceMs, () => {
    isSilent = true;
    cut.abort();
  });

  /** The caller has its answer at once. The engine is killed when what it has left to do would take longer than a new start. */
  function giveUp() {
    settle(failed(fail('ABORTED')));
    const isWorthFinishing = remainder?.isWorthFinishing(clock.steady(), engine.startMs ?? 0) ?? false;
    const isKilled = stopped.aborted || (engine.isManaged && !isWorthFinishing);
    log.info({ event: 'lane.job_given_up', laneId, requestId: job.requestId, isKilled }, 'job given up');
    // An engine that is not ours would work on behind a cut connection, and a second connection would share its GPU.
    if (isKilled) cut.abort();
  }
  givenUp.addEventListener('abort', giveUp);

  if (job.stage === 'prove') watchdog.feed();
  let isTaken = false;
  const onTaken = () => {
    if (!isTaken) jobs?.begun(job, parameters.grantedAt, engine.programs);
    isTaken = true;
  };
  if (!traitsOf[connection.kind].takesLater) onTaken();
  const outcome = await connection.run<S>(parameters.job, {
    signal: cut.signal,
    onProgress(progress: Progress) {
      if (job.stage === 'prove') watchdog.feed();
      remainder?.observe(progress, clock.steady());
      report(progress);
    },
    onTaken,
    onLastByte() {
      if (job.stage === 'prove' && !givenUp.aborted) jobs?.proofRead(job.requestId);
    },
  });
  watchdog.stop();
  givenUp.removeEventListener('abort', giveUp);

  const isCut = cut.signal.aborted && !isSilent;
  return endOfCall({ outcome, laneId, engine, connection, clock, isSilent, isCut }, settle);
}

/** The engine died before it saw the job. Even death for lack of memory is then no fault of the job. */
function innocent(failure: Failure, laneId: LaneId): Failure {
  const detail = failure.code === 'ENGINE_LOST' ? failure.detail : failure.code;
  return fail('ENGINE_LOST', { laneId, detail, blame: false });
}
