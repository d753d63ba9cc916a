// What execute, prove and verify have in common: look for a result of an earlier life, wait for a lane, run, record, report.
// A stage may run twice after a crash; its result is keyed by (request, stage, attempt) and the first one written stays.
import { fromCallback } from 'xstate';
import type { Catalog } from '../../artifacts/catalog.js';
import type { ArtifactBackend, ArtifactPlace, ArtifactRef, LocalFile } from '../../artifacts/port.js';
import type { ProofIds } from '../../artifacts/proofIds.js';
import type { Clock } from '../../clock.js';
import type { JobOf, Progress, ResultOf, Stage, StoredFile } from '../../engines/jobs.js';
import { type Failure, type FailureCode, failureFrom, type Outcome } from '../../errors.js';
import type { RequestId } from '../../ids.js';
import type { Log } from '../../log.js';
import type { RequestEvent, StageInput } from '../../machines/requestRules.js';
import { sentenceOf } from '../../sentences.js';
import type { Store, Transaction } from '../../store/environment.js';
import type { Scheduling } from '../lanes/scheduling.js';

export interface StageParameters {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly scheduling: Scheduling;
  readonly artifacts: ArtifactBackend;
  readonly catalog: Pick<Catalog, 'unreference'>;
  readonly proofIds: ProofIds;
  /** Requests that were on a lane when the service stopped, until they have one again. */
  readonly resumed: Set<RequestId>;
  readonly onProgress: (requestId: RequestId, progress: Progress) => void;
}

/** A local copy of a stored artifact, which stays until the stage has ended. Waits as long as the bucket cannot be reached. */
type Hold = (ref: ArtifactRef, place: ArtifactPlace) => Promise<StoredFile>;

/** What one stage does differently. `Kept` is what is recorded and told to the machine. */
interface StageSpec<S extends Stage, Kept> {
  readonly stage: S;
  /** Rejects with a FailureError when the job cannot even be described (an artifact or program is gone). */
  readonly jobOf: (input: StageInput, hold: Hold) => Promise<JobOf<S>>;
  /** Makes the lane's answer permanent before it is recorded. */
  readonly keep: (input: StageInput, result: ResultOf[S]) => Promise<Kept>;
  /** Joins the transaction that records the result. */
  readonly alsoWrite?: (tx: Transaction, input: StageInput, job: JobOf<S>) => void;
  /** On VERIFICATION_KEY_MISMATCH, durable before the machine hears of it. */
  readonly onMismatch?: (tx: Transaction, input: StageInput, job: JobOf<S>) => void;
  readonly eventOf: (kept: Kept) => RequestEvent;
}

/** What a full disk or an absent bucket has prevented is tried again after this pause, in ms. */
const againPauseMs = 500;

export function stageEffect<S extends Stage, Kept>(parameters: StageParameters, spec: StageSpec<S, Kept>) {
  const { store, clock, log, scheduling, artifacts, resumed } = parameters;

  return fromCallback<RequestEvent, StageInput>(({ input, sendBack }) => {
    const { requestId, requester, deadlineAt } = input.request;
    const controller = new AbortController();

    async function run(): Promise<RequestEvent> {
      const earlier = store.get('results', requestId, spec.stage, input.attempt);
      if (earlier !== undefined) return spec.eventOf(earlier as Kept);
      // After a restart the machine may believe that a lane still works on it.
      sendBack({ type: 'LANE_AWAITED' });
      const { job, outcome } = await onLane();
      if (!outcome.ok) {
        const { onMismatch } = spec;
        if (outcome.failure.code === 'VERIFICATION_KEY_MISMATCH' && onMismatch)
          await insist('DISK_FULL', () => store.write((tx) => onMismatch(tx, input, job)));
        return stageFailed(outcome.failure);
      }
      const kept = await insist('BUCKET_UNAVAILABLE', () => spec.keep(input, outcome.value));
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
        const outcome = await scheduling.run(
          job,
          { requester, deadlineAt, resumed: resumed.has(requestId) },
          {
            signal: controller.signal,
            onGranted(laneId) {
              resumed.delete(requestId);
              sendBack({ type: 'LANE_GRANTED', laneId });
            },
            onProgress: (progress) => parameters.onProgress(requestId, progress),
          },
        );
        return { job, outcome };
      } finally {
        for (const { release } of held) release();
      }
    }

    const record = (kept: Kept, job: JobOf<S>): Promise<void> =>
      store.write((tx) => {
        if (tx.get('results', requestId, spec.stage, input.attempt) !== undefined) return;
        tx.put('results', [requestId, spec.stage, input.attempt], kept);
        spec.alsoWrite?.(tx, input, job);
      });

    /** Repeated as long as this is what is in the way: minutes of proving are worth the wait. */
    async function insist<T>(obstacle: FailureCode, work: () => Promise<T>): Promise<T> {
      for (let times = 0; ; times++) {
        try {
          return await work();
        } catch (error) {
          const { code } = failureFrom(error, requestId);
          if (controller.signal.aborted || code !== obstacle) throw error;
          // Once: a full disk would otherwise be filled by its own complaints.
          log[times === 0 ? 'warn' : 'debug'](
            { event: 'stage.unstored', requestId, stage: spec.stage, code, err: error },
            'not stored yet',
          );
          await new Promise<void>((resolve) => clock.wakeAt(clock.now() + againPauseMs, resolve));
        }
      }
    }

    function stageFailed(failure: Failure): RequestEvent {
      // The operator's to solve as much as the client's: which side of 6.8.1 the engine is on is known here only.
      if (failure.code === 'VERIFICATION_KEY_MISMATCH') {
        const { vkHash, zeroFillTrap } = failure;
        log.warn({ event: 'program.vk_mismatch', requestId, vkHash, zeroFillTrap }, sentenceOf(failure));
      }
      return { type: 'STAGE_FAILED', failure, at: clock.now() };
    }

    run()
      .catch((error: unknown) => {
        const failure = failureFrom(error, requestId);
        if (failure.retry === 'bug') log.error({ event: 'stage.failed', requestId, stage: spec.stage, err: error });
        return stageFailed(failure);
      })
      .then((event) => {
        // After a cancel or a deadline nobody is listening any more.
        if (!controller.signal.aborted) sendBack(event);
      });

    return () => controller.abort();
  });
}
