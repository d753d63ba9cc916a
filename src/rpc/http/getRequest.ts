// GET /requests/<id>: what the SDK's wire has no fields for, the state and progress of a request. The id is the only key to it, as
// it is on the wire, and nothing is shown that the id's holder may not know.
import type { Registry } from '../../actors/registry.js';
import type { Clock } from '../../clock.js';
import { FailureError, fail } from '../../errors.js';
import type { RequestId } from '../../ids.js';
import { sentenceOf } from '../../sentences.js';
import { answerJson, type Exchange } from './exchange.js';

export interface GetRequestDependencies {
  readonly registry: Pick<Registry, 'view' | 'progress'>;
  readonly clock: Clock;
}

/** Answers {requestId, state, phase?, attempt?, elapsedMs, progress?, execution?, failure?}. Throws REQUEST_NOT_FOUND. */
export async function getRequest(
  exchange: Exchange,
  requestId: RequestId,
  { registry, clock }: GetRequestDependencies,
): Promise<void> {
  const view = registry.view(requestId);
  if (view === undefined) throw new FailureError(fail('REQUEST_NOT_FOUND', { requestId }));
  const ended =
    view.state === 'fulfilled' || view.state === 'failed' || view.state === 'cancelled' || view.state === 'expired';
  const progress = registry.progress(requestId);
  await answerJson(exchange, 200, {
    requestId,
    state: view.state,
    ...('phase' in view && { phase: view.phase, attempt: view.attempt }),
    elapsedMs: (ended ? view.updatedAt : clock.now()) - view.request.createdAt,
    ...(progress &&
      !ended && {
        progress: { stage: progress.stage, done: progress.done, total: progress.total, cycles: progress.cycles },
      }),
    ...('execution' in view &&
      view.execution && { execution: { cycles: view.execution.cycles, gas: view.execution.gas } }),
    ...(view.state === 'failed' && { failure: { code: view.failure.code, message: sentenceOf(view.failure) } }),
  });
}
