// GET /requests/<id>: what the SDK's wire has no fields for, the state and progress of a request. The id is the only key to it, as
// it is on the wire, and nothing is shown that the id's holder may not know.
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { malformed } from '../../failures/malformed.js';
import { sentenceOf } from '../../failures/sentenceOf.js';
import { parseRequestId, type RequestId, shownId } from '../../ids.js';
import type { Registry } from '../../requests/registry.js';
import type { Signer } from '../../tee/signer.js';
import { answerJson, type Exchange } from '../../transport/http/exchange.js';
import { type Route, reads } from '../../transport/http/routes.js';
import type { Admit } from '../access/access.js';

interface GetRequestDependencies {
  readonly registry: Pick<Registry, 'view' | 'elapsedMs' | 'progress'>;
  /** Of mode tee. */
  readonly signer: Pick<Signer, 'active'>;
}

/** Answers {requestId, state, phase?, attempt?, waitingFor?, elapsedMs, progress?, execution?, failure?}. Throws REQUEST_NOT_FOUND. */
async function getRequest(
  exchange: Exchange,
  requestId: RequestId,
  { registry, signer }: GetRequestDependencies,
): Promise<void> {
  const view = registry.view(requestId);
  if (view === undefined) throw new FailureError(fail('REQUEST_NOT_FOUND', { requestId }));
  const ended =
    view.state === 'fulfilled' || view.state === 'failed' || view.state === 'cancelled' || view.state === 'expired';
  const progress = registry.progress(requestId);
  await answerJson(exchange, 200, {
    requestId: shownId(requestId),
    state: view.state,
    ...('phase' in view && { phase: view.phase, attempt: view.attempt }),
    ...(view.state === 'signing' && view.phase === 'waiting' && reasonToWait(signer.active())),
    elapsedMs: registry.elapsedMs(requestId) ?? view.elapsedMs,
    ...(progress &&
      !ended && {
        progress: { stage: progress.stage, done: progress.done, total: progress.total, cycles: progress.cycles },
      }),
    ...('execution' in view &&
      view.execution && { execution: { cycles: view.execution.cycles, gas: view.execution.gas } }),
    ...(view.state === 'failed' && { failure: { code: view.failure.code, message: sentenceOf(view.failure) } }),
  });
}

const reasonToWait = (active: ReturnType<Signer['active']>) => 'waiting' in active && { waitingFor: active.waiting };

export interface RequestRouteDependencies extends GetRequestDependencies {
  /** Asked before a request is shown. */
  readonly admit: Admit;
}

/** People type these ids and have them from anywhere: with 0x or without, in either case. */
const requestPath = /^\/requests\/([^/]+)$/;

export const requestRoute = (dependencies: RequestRouteDependencies): Route => ({
  methods: reads,
  path: requestPath,
  answer(exchange, id) {
    dependencies.admit({ authorization: exchange.headers.authorization, peer: exchange.connection.peer });
    const requestId = parseRequestId(id);
    if (requestId === undefined) throw malformed('request id', 'it has 64 hex digits, with or without 0x');
    return getRequest(exchange, requestId, dependencies);
  },
});
