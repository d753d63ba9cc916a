// Everything the service says about a request, and lists of requests.

import { type RequestMode, requestModeNumber, requestModes } from '../engines/jobs.js';
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
import { givenAddress } from './givenId.js';

/** Times are epoch ms. Cycles and gas are u64. Names of enums are the network's. */
export interface RequestDetails {
  readonly requestId: RequestId;
  readonly vkHash: VkHash;
  readonly requester: Address;
  readonly version: string;
  readonly mode: RequestMode | undefined;
  /** `expired`: its deadline passed, which the network has no status for. */
  readonly state: 'open' | 'fulfilled' | 'unexecutable' | 'unfulfillable' | 'expired';
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
  /** Why the guest failed. Undefined when it did not. */
  readonly executeFailCause: string | undefined;
  /** Why there is no proof. Undefined when nothing is known. */
  readonly error: string | undefined;
  /** The same as a sentence, where the service gives one. */
  readonly reason: string | undefined;
}

export interface ListParameters extends CallParameters {
  /** Whose requests. Default: the client's own address. */
  readonly requester?: string;
  /** Newest first. Default 20. */
  readonly limit?: number;
  /** From 1. */
  readonly page?: number;
}

const defaultLimit = 20;

/** REFUSED (NOT_FOUND for an unknown id), UNREACHABLE, ANSWER_MALFORMED, ABORTED. @internal */
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
  return detailsOf(request, 'GetProofRequestDetails', context.clock.now());
}

/** A page of requests. REFUSED, UNREACHABLE, KEY_MISSING, ANSWER_MALFORMED, ABORTED. @internal */
export async function list(context: Context, parameters: ListParameters = {}): Promise<readonly RequestDetails[]> {
  const { requester, limit = defaultLimit, page = 1, ...options } = parameters;
  const call = 'GetFilteredProofRequests';
  const filter = {
    requester: bytesOf(requester === undefined ? context.signerFor(call).address : givenAddress(requester)),
  };
  const { requests } = await context.attempt(call, options, (callOnce) =>
    callOnce(ProverNetwork.method.getFilteredProofRequests, { ...filter, limit, page }),
  );
  return requests.map((request) => detailsOf(request, call, context.clock.now()));
}

const modeOf = new Map(requestModes.map((mode) => [requestModeNumber[mode] as number, mode]));
const secondsToMs = (seconds: bigint) => Number(seconds) * 1000;
const nameOf = (names: Record<number, string>, value: number) => names[value] ?? `UNKNOWN_${value}`;

function detailsOf(request: ProofRequest, call: string, now: number): RequestDetails {
  const requestId = parseRequestId(request.requestId);
  const vkHash = parseVkHash(request.vkHash);
  const requester = parseAddress(request.requester);
  if (requestId === undefined || vkHash === undefined || requester === undefined) {
    throw clientError('ANSWER_MALFORMED', { call, problem: 'an id in it has a wrong length' });
  }
  const { executeFailCause, error, fulfilledAt, errorTrace } = request;
  return {
    requestId,
    vkHash,
    requester,
    version: request.version,
    mode: modeOf.get(request.mode),
    state: stateOf(request, now),
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
    reason: errorTrace && reasonOf(errorTrace),
  };
}

/** As `status` decides it: a request that is over its deadline stays ASSIGNED on the wire. */
function stateOf({ fulfillmentStatus, executionStatus, deadline }: ProofRequest, now: number): RequestDetails['state'] {
  if (fulfillmentStatus === FulfillmentStatus.FULFILLED) return 'fulfilled';
  if (executionStatus === ExecutionStatus.UNEXECUTABLE) return 'unexecutable';
  if (fulfillmentStatus === FulfillmentStatus.UNFULFILLABLE) return 'unfulfillable';
  return now > secondsToMs(deadline) ? 'expired' : 'open';
}

/** JSON with a `message`. Another service may have something else there. */
function reasonOf(errorTrace: Uint8Array): string | undefined {
  try {
    const { message } = JSON.parse(Buffer.from(errorTrace).toString('utf8')) as { message?: unknown };
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}
