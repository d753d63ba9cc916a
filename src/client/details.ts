// Everything the service tells about a request, and lists of requests.

import { type ProofMode, proofModeNumber } from '../engines/jobs.js';
import {
  ExecuteFailureCause,
  ExecutionStatus,
  FulfillmentStatus,
  type ProofRequest,
  ProofRequestError,
  ProverNetwork,
} from '../gen/network/network_pb.js';
import {
  type Address,
  bytesOf,
  parseAddress,
  parseRequestId,
  parseVkHash,
  type RequestId,
  type VkHash,
} from '../ids.js';
import type { CallParameters, Context } from './context.js';
import { clientError } from './errors.js';

/** Times are epoch ms; cycles and gas are u64. Names of enums are the network's. */
export interface RequestDetails {
  readonly requestId: RequestId;
  readonly vkHash: VkHash;
  readonly requester: Address;
  readonly version: string;
  readonly mode: ProofMode | undefined;
  readonly fulfilment: string;
  readonly execution: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly fulfilledAt: number | undefined;
  readonly deadlineAt: number;
  readonly cycleLimit: bigint;
  readonly gasLimit: bigint;
  readonly cycles: bigint | undefined;
  readonly gasUsed: bigint | undefined;
  /** Why the guest failed; undefined when it did not. */
  readonly executeFailCause: string | undefined;
  /** Why there is no proof; undefined when nothing is known. */
  readonly error: string | undefined;
}

export interface ListParameters extends CallParameters {
  /** Whose requests. Default: the client's own address. */
  readonly requester?: Address;
  /** Newest first. Default 20. */
  readonly limit?: number;
  /** From 1. */
  readonly page?: number;
}

const defaultLimit = 20;

/** REFUSED (NOT_FOUND for an unknown id), UNREACHABLE, ANSWER_MALFORMED, ABORTED. */
export async function details(
  context: Context,
  requestId: RequestId,
  options: CallParameters = {},
): Promise<RequestDetails> {
  const { request } = await context.attempt('GetProofRequestDetails', options, (call) =>
    call(ProverNetwork.method.getProofRequestDetails, { requestId: bytesOf(requestId) }),
  );
  if (request === undefined) {
    throw clientError('ANSWER_MALFORMED', { call: 'GetProofRequestDetails', problem: 'it holds no request' });
  }
  return detailsOf(request, 'GetProofRequestDetails');
}

/** A page of requests. REFUSED, UNREACHABLE, KEY_MISSING, ANSWER_MALFORMED, ABORTED. */
export async function list(context: Context, parameters: ListParameters = {}): Promise<readonly RequestDetails[]> {
  const { requester, limit = defaultLimit, page = 1, ...options } = parameters;
  const call = 'GetFilteredProofRequests';
  const filter = { requester: bytesOf(requester ?? context.signerFor(call).address) };
  const { requests } = await context.attempt(call, options, (callOnce) =>
    callOnce(ProverNetwork.method.getFilteredProofRequests, { ...filter, limit, page }),
  );
  return requests.map((request) => detailsOf(request, call));
}

const modeOf = new Map(Object.entries(proofModeNumber).map(([mode, number]) => [number as number, mode as ProofMode]));
const secondsToMs = (seconds: bigint) => Number(seconds) * 1000;
const nameOf = (names: Record<number, string>, value: number) => names[value] ?? `UNKNOWN_${value}`;

function detailsOf(request: ProofRequest, call: string): RequestDetails {
  const requestId = parseRequestId(request.requestId);
  const vkHash = parseVkHash(request.vkHash);
  const requester = parseAddress(request.requester);
  if (requestId === undefined || vkHash === undefined || requester === undefined) {
    throw clientError('ANSWER_MALFORMED', { call, problem: 'an id in it has a wrong length' });
  }
  const { executeFailCause, error, fulfilledAt } = request;
  return {
    requestId,
    vkHash,
    requester,
    version: request.version,
    mode: modeOf.get(request.mode),
    fulfilment: nameOf(FulfillmentStatus, request.fulfillmentStatus),
    execution: nameOf(ExecutionStatus, request.executionStatus),
    createdAt: secondsToMs(request.createdAt),
    updatedAt: secondsToMs(request.updatedAt),
    fulfilledAt: fulfilledAt === undefined ? undefined : secondsToMs(fulfilledAt),
    deadlineAt: secondsToMs(request.deadline),
    cycleLimit: request.cycleLimit,
    gasLimit: request.gasLimit,
    cycles: request.cycles,
    gasUsed: request.gasUsed,
    executeFailCause: executeFailCause === 0 ? undefined : nameOf(ExecuteFailureCause, executeFailCause),
    error: error === 0 ? undefined : nameOf(ProofRequestError, error),
  };
}
