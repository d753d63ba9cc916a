// Waits for a request's last state, and says in one error why there is no proof.
import type { RequestId } from '../ids.js';
import type { Context } from './context.js';
import { details } from './details.js';
import { clientError } from './errors.js';
import type { RequestStatus } from './status.js';
import { type RequestUpdate, type WatchParameters, watch } from './watch.js';

export interface WaitProofParameters extends WatchParameters {
  /** Called with each change, the last one included. */
  readonly onUpdate?: (update: RequestUpdate) => void;
}

export type FulfilledRequest = Extract<RequestStatus, { state: 'fulfilled' }>;

/**
 * Resolves when the proof can be downloaded. UNEXECUTABLE, UNFULFILLABLE, TIMED_OUT, REFUSED, UNREACHABLE, ABORTED.
 * @internal
 */
export async function waitProof(
  context: Context,
  requestId: RequestId,
  { onUpdate, ...parameters }: WaitProofParameters = {},
): Promise<FulfilledRequest> {
  for await (const update of watch(context, requestId, parameters)) {
    onUpdate?.(update);
    if (update.state === 'fulfilled') return update;
    if (update.state === 'timedOut') throw clientError('TIMED_OUT', { requestId, deadlineAt: update.deadlineAt });
    if (update.state === 'unexecutable' || update.state === 'unfulfillable') {
      throw await failureOf(context, requestId, update, parameters);
    }
  }
  throw clientError('ANSWER_MALFORMED', { call: 'GetProofRequestStatus', problem: 'the request has no last state' });
}

async function failureOf(
  context: Context,
  requestId: RequestId,
  { state, detail }: RequestUpdate,
  { signal }: WatchParameters,
) {
  const code = state === 'unexecutable' ? 'UNEXECUTABLE' : 'UNFULFILLABLE';
  const known = await details(context, requestId, signal === undefined ? {} : { signal });
  const cancelled = detail?.state === 'cancelled' ? 'The request was cancelled.' : '';
  const reason = detail?.failure?.message ?? known.reason ?? cancelled;
  const cause = (code === 'UNEXECUTABLE' ? known.executeFailCause : known.error) ?? 'the service names no cause';
  return clientError(code, { requestId, cause, detail: reason });
}
