// What execute, prove and verify have in common: look for a result of an earlier life, wait for a lane, run, record, report.
// A stage may run twice after a crash. Its result is keyed by (request, stage, attempt) and the first one written stays.
import { fromCallback } from 'xstate';
import type { Catalog } from '../../artifacts/catalog.js';
import type { ArtifactBackend, ArtifactPlace, ArtifactRef, LocalFile } from '../../artifacts/port.js';
import type { ProofIds } from '../../artifacts/proofIds.js';
import type { Clock } from '../../clock.js';
import type { JobOf, Progress, ResultOf, Stage } from '../../engines/jobs.js';
import type { Failure } from '../../failures/catalog.js';
import { failureFrom } from '../../failures/failureFrom.js';
import type { Outcome } from '../../failures/outcome.js';
import type { LaneId, RequestId } from '../../ids.js';
import type { Scheduling } from '../../lanes/scheduling.js';
import type { Log } from '../../log.js';
import type { Rank } from '../../machines/queue/queue.js';
import type { ProofRequest, RequestEvent, StageInput } from '../../machines/request/rules.js';
import type { Store, Transaction } from '../../store/environment.js';
import type { StoredFile } from '../../storedBytes/storedFile.js';
import type { ObstacleCode } from '../why/why.js';
import { logStageFailure } from './stageFailure.js';

export interface StageParameters {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly scheduling: Scheduling;
  readonly artifacts: ArtifactBackend;
  readonly catalog: Pick<Catalog, 'unreference'>;
  readonly proofIds: ProofIds;
  /** Requests that were on a lane when it, or the service, was stopped, until they have one again. */
  readonly resumed: Set<RequestId>;
  readonly onProgress: (requestId: RequestId, progress: Progress) => void;
  /** As operators have it now: what is persisted with an effect may be older. */
  readonly rankOf: (request: ProofRequest) => Rank;
  /** What fails by a fault of ours waits so long for an operator. 0: it ends. */
  readonly holdMs: number;
  /** What keeps the stage from reading or writing; undefined when nothing does any more. */
  readonly onObstacle: (requestId: RequestId, code: ObstacleCode | undefined) => void;
}

/** A local copy of a stored artifact, which stays until the stage has ended. Waits as long as the bucket cannot be reached. */
type Hold = (ref: ArtifactRef, place: ArtifactPlace) => Promise<StoredFile>;

/** What one stage does differently. `Kept` is what is recorded and sent to the machine. */
interface StageSpec<S extends Stage, Kept> {
  readonly stage: S;
  /** Rejects with a FailureError when the job cannot even be described (an artifact or program is gone). */
  readonly jobOf: (input: StageInput, hold: Hold) => Promise<JobOf<S>>;
  /** Makes the lane's answer permanent before it is recorded. */
  readonly keep: (input: StageInput, result: ResultOf[S], job: JobOf<S>, signal: AbortSignal) => Promise<Kept>;
  /** Whether a result that lies in the store is one that we have recorded. Default: it is. */
  readonly believes?: (input: StageInput, kept: Kept) => boolean;
  /** Joins the transaction that records the result. */
  readonly alsoWrite?: (tx: Transaction, input: StageInput, job: JobOf<S>) => void;
  /** On VERIFICATION_KEY_MISMATCH, durable before the machine hears of it. */
  readonly onMismatch?: (tx: Transaction, input: StageInput, job: JobOf<S>) => void;
  readonly eventOf: (kept: Kept) => RequestEvent;
}

/** What a full disk or an absent bucket has prevented is tried again after this pause, in ms. */
const againPauseMs = 500;
const fullDiskPauseMs = 5_000;

export function stageEffect<S extends Stage, Kept>(parameters: StageParameters, spec: StageSpec<S, Kept>) {
  const { store, clock, log, scheduling, artifacts, resumed } = parameters;

  return fromCallback<RequestEvent, StageInput>(({ input, sendBack }) => {
    const { requestId, requester } = input.request;
    const controller = new AbortController();
    let lane: LaneId | null = null;

    async function run(): Promise<RequestEvent> {
      const earlier = earlierResult(store);
      if (earlier !== undefined) return spec.eventOf(earlier);
      // After a restart the machine may believe that a lane still works on it.
      sendBack({ type: 'LANE_AWAITED' });
      const { job, outcome } = await onLane();
      if (!outcome.ok) {
        const { onMismatch } = spec;
        if (outcome.failure.code === 'VERIFICATION_KEY_MISMATCH' && onMismatch)
          await insist('DISK_FULL', () => store.write((tx) => onMismatch(tx, input, job)));
        // Executing again at once would only fill the disk again. A proof that meets a full disk backs off by itself.
        if (outcome.failure.code === 'DISK_FULL' && spec.stage === 'execute') await pause(fullDiskPauseMs);
        return stageFailed(outcome.failure);
      }
      const kept = await insist('BUCKET_UNAVAILABLE', () => spec.keep(input, outcome.value, job, controller.signal));
      // Stopped meanwhile: the store may be closed, and a request that has ended has taken its results with it. The next start finds the
      // file, or repeats the work.
      if (controller.signal.aborted) return spec.eventOf(kept);
      // Not awaited: the transition that follows is written after it and holds the same. A crash before both costs a repetition.
      record(kept, job).catch((error: unknown) => {
        log.warn({ event: 'stage.unrecorded', requestId, stage: spec.stage, err: error }, 'result not recorded');
      });
      return spec.eventOf(kept);
    }

    async function onLane(): Promise<{ job: JobOf<S>; outcome: Outcome<ResultOf[S]> }> {
      const held: LocalFile[] = [];
      const hold: Hold = async (ref, place) => {
        const local = await insist('BUCKET_UNAVAILABLE', () => artifacts.localFile(ref, place, controller.signal));
        held.push(local);
        return local.file;
      };
      try {
        const job = await spec.jobOf(input, hold);
        const { deadlineAt, priority } = parameters.rankOf(input.request);
        const outcome = await scheduling.run(
          job,
          { requester, deadlineAt, priority, resumed: resumed.has(requestId) },
          {
            signal: controller.signal,
            onGranted(laneId) {
              resumed.delete(requestId);
              lane = laneId;
              sendBack({ type: 'LANE_GRANTED', laneId });
            },
            onProgress: (progress) => parameters.onProgress(requestId, progress),
          },
        );
        // Its lane was taken away by an operator: it goes first, as after a restart of the service.
        if (!outcome.ok && outcome.failure.code === 'ABORTED' && !controller.signal.aborted) resumed.add(requestId);
        return { job, outcome };
      } finally {
        for (const { release } of held) release();
      }
    }

    function earlierResult(reader: Pick<Store, 'get'> | Pick<Transaction, 'get'>): Kept | undefined {
      const kept = reader.get('results', requestId, spec.stage, input.attempt) as Kept | undefined;
      return kept !== undefined && (spec.believes?.(input, kept) ?? true) ? kept : undefined;
    }

    const record = (kept: Kept, job: JobOf<S>): Promise<void> =>
      store.write((tx) => {
        if (earlierResult(tx) !== undefined) return;
        tx.put('results', [requestId, spec.stage, input.attempt], kept);
        spec.alsoWrite?.(tx, input, job);
      });

    const pause = (ms: number) => new Promise<void>((resolve) => clock.wakeIn(ms, resolve));

    /** Repeated as long as this is what is in the way: minutes of proving are worth the wait. */
    async function insist<T>(obstacle: ObstacleCode, work: () => Promise<T>): Promise<T> {
      for (let times = 0; ; times++) {
        try {
          const done = await work();
          if (times > 0) parameters.onObstacle(requestId, undefined);
          return done;
        } catch (error) {
          const { code } = failureFrom(error, requestId);
          if (controller.signal.aborted || code !== obstacle) throw error;
          parameters.onObstacle(requestId, obstacle);
          // Once: a full disk would otherwise be filled by its own complaints.
          log[times === 0 ? 'warn' : 'debug'](
            { event: 'stage.unstored', requestId, stage: spec.stage, code, err: error },
            'not stored yet',
          );
          await pause(againPauseMs);
        }
      }
    }

    function stageFailed(failure: Failure, thrown?: unknown): RequestEvent {
      const { attempt } = input;
      // After a cancel or a deadline it has not failed: it was given up.
      if (!controller.signal.aborted)
        logStageFailure(log, { requestId, stage: spec.stage, attempt, lane, failure }, thrown);
      return { type: 'STAGE_FAILED', failure, at: clock.now(), holdMs: parameters.holdMs };
    }

    run()
      .catch((error: unknown) => stageFailed(failureFrom(error, requestId), error))
      .then((event) => {
        // After a cancel or a deadline the machine no longer listens.
        if (!controller.signal.aborted) sendBack(event);
      });

    return () => controller.abort();
  });
}
