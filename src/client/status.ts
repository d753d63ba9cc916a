// Where a request stands, decided as the SDK decides it.
import {
  ExecutionStatus,
  FulfillmentStatus,
  type GetProofRequestStatusResponse,
  ProverNetwork,
} from '../gen/network/network_pb.js';
import { bytesOf, parseSha256, type RequestId, type Sha256 } from '../ids.js';
import type { CallParameters, Context } from './context.js';
import { clientError } from './errors.js';

/** What the status call can tell apart. `executing` and `proving` both include waiting for a prover. */
export type RequestStatus = {
  readonly requestId: RequestId;
  /** Epoch ms. */
  readonly deadlineAt: number;
} & (
  | { readonly state: 'requested' | 'executing' | 'proving' }
  | { readonly state: 'fulfilled'; readonly proofUrl: string; readonly publicValuesHash: Sha256 | undefined }
  | { readonly state: 'unexecutable' | 'unfulfillable' | 'timedOut' }
);

/**
 * Whether the state is the last one.
 * @example
 * ```ts
 * if (!isFinal(await client.status(requestId))) await client.waitProof(requestId);
 * ```
 */
export const isFinal = ({ state }: RequestStatus): boolean =>
  state === 'fulfilled' || state === 'unexecutable' || state === 'unfulfillable' || state === 'timedOut';

/**
 * `budgetMs`: how long to go on trying while nothing answers. REFUSED (NOT_FOUND for an unknown id), UNREACHABLE, ABORTED.
 * @internal
 */
export async function status(
  context: Context,
  requestId: RequestId,
  options: CallParameters & { budgetMs?: number } = {},
): Promise<RequestStatus> {
  const answer = await context.attempt('GetProofRequestStatus', options, (call) =>
    call(ProverNetwork.method.getProofRequestStatus, { requestId: bytesOf(requestId) }),
  );
  return statusOf(requestId, answer, context.clock.now());
}

function statusOf(requestId: RequestId, answer: GetProofRequestStatusResponse, now: number): RequestStatus {
  const deadlineAt = Number(answer.deadline) * 1000;
  const base = { requestId, deadlineAt };
  const { fulfillmentStatus: fulfilment, executionStatus: execution } = answer;
  if (fulfilment === FulfillmentStatus.FULFILLED) {
    if (answer.proofUri === undefined || !URL.canParse(answer.proofUri)) {
      throw clientError('ANSWER_MALFORMED', {
        call: 'GetProofRequestStatus',
        problem: 'fulfilled without a proof URL',
      });
    }
    const publicValuesHash = parseSha256(answer.publicValuesHash ?? new Uint8Array());
    return { ...base, state: 'fulfilled', proofUrl: answer.proofUri, publicValuesHash };
  }
  if (execution === ExecutionStatus.UNEXECUTABLE) return { ...base, state: 'unexecutable' };
  if (fulfilment === FulfillmentStatus.UNFULFILLABLE) return { ...base, state: 'unfulfillable' };
  if (now > deadlineAt) return { ...base, state: 'timedOut' };
  if (fulfilment !== FulfillmentStatus.ASSIGNED) return { ...base, state: 'requested' };
  return { ...base, state: execution === ExecutionStatus.EXECUTED ? 'proving' : 'executing' };
}
