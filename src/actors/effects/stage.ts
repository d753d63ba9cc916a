// What execute, prove and verify have in common: look for a result of an earlier life, wait for a lane, run, record, report.
// A stage may run twice after a crash; its result is keyed by (request, stage, attempt) and the first one written stays.
import { fromCallback } from 'xstate';
import type { Clock } from '../../clock.js';
import type { JobOf, Progress, ResultOf, Stage } from '../../engines/jobs.js';
import { type Failure, failureFrom } from '../../errors.js';
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
  /** Requests that were on a lane when the service stopped, until they have one again. */
  readonly resumed: Set<RequestId>;
  readonly onProgress: (requestId: RequestId, progress: Progress) => void;
}

/** What one stage does differently. `Kept` is what is recorded and told to the machine. */
interface StageSpec<S extends Stage, Kept> {
  readonly stage: S;
  /** Throws a FailureError when the job cannot even be described (an artifact or program is gone). */
  readonly jobOf: (input: StageInput) => JobOf<S>;
  /** Makes the lane's answer permanent before it is recorded. */
  readonly keep: (input: StageInput, result: ResultOf[S]) => Promise<Kept>;
  /** The result must be on disk before the machine hears of it. Otherwise losing it costs a repetition and no more. */
  readonly reliesOnRecord: boolean;
  /** Joins the transaction that records the result. */
  readonly alsoWrite?: (tx: Transaction, input: StageInput, kept: Kept) => void;
  readonly eventOf: (kept: Kept) => RequestEvent;
}

/** A result that could not be written for lack of room is written again after this pause, in ms. */
const rewritePauseMs = 500;

export function stageEffect<S extends Stage, Kept>(parameters: StageParameters, spec: StageSpec<S, Kept>) {
  const { store, clock, log, scheduling, resumed } = parameters;

  return fromCallback<RequestEvent, StageInput>(({ input, sendBack }) => {
    const { requestId, requester, deadlineAt } = input.request;
    const controller = new AbortController();

    async function run(): Promise<RequestEvent> {
      const earlier = store.get('results', requestId, spec.stage, input.attempt);
      if (earlier !== undefined) return spec.eventOf(earlier as Kept);
      // After a restart the machine may believe that a lane still works on it.
      sendBack({ type: 'LANE_AWAITED' });
      const outcome = await scheduling.run(
        spec.jobOf(input),
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
      if (!outcome.ok) return stageFailed(outcome.failure);
      const kept = await spec.keep(input, outcome.value);
      const recorded = record(kept);
      if (spec.reliesOnRecord) await recorded;
      else recorded.catch(() => {});
      return spec.eventOf(kept);
    }

    /** Repeated while the disk is full: minutes of proving are worth the wait. */
    async function record(kept: Kept): Promise<void> {
      for (;;) {
        try {
          return await store.write((tx) => {
            if (tx.get('results', requestId, spec.stage, input.attempt) !== undefined) return;
            tx.put('results', [requestId, spec.stage, input.attempt], kept);
            spec.alsoWrite?.(tx, input, kept);
          });
        } catch (error) {
          log.warn(
            { event: 'stage.result_unwritten', requestId, stage: spec.stage, err: error },
            'result not on disk yet',
          );
          if (controller.signal.aborted || failureFrom(error, requestId).code !== 'DISK_FULL') throw error;
          await new Promise<void>((resolve) => clock.wakeAt(clock.now() + rewritePauseMs, resolve));
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
