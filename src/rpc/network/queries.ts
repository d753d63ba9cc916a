// Details and lists. Both answer from the registry's durable views: what a client has seen is on disk.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { artifactUri } from '../../artifacts/capability.js';
import { proofModeNumber } from '../../engines/jobs.js';
import {
  type GetFilteredProofRequestsRequest,
  type ProofRequestSchema,
  ProverNetwork,
  SettlementStatus,
} from '../../gen/network/network_pb.js';
import { bytesOf } from '../../ids.js';
import { isTerminal, type RequestView } from '../../machines/requestView.js';
import { unary } from '../unary.js';
import type { NetworkDependencies } from './dependencies.js';
import { addressField, malformed, vkHashField } from './fields.js';
import { findRequest } from './findRequest.js';
import {
  errorOf,
  executionOf,
  executionStatusOf,
  failureCauseOf,
  fulfillmentStatusOf,
  secondsOf,
} from './wireStatus.js';

export const getProofRequestDetails = (dependencies: NetworkDependencies) =>
  unary(ProverNetwork.method.getProofRequestDetails, (request, { userAgent }) => ({
    request: detailsOf(dependencies, findRequest(dependencies, request.requestId), userAgent),
  }));

/**
 * SDKs 6.0.0 to 6.3.1 read this answer with the auction schema, where fields 34 and 35 are strings: a value there breaks the call
 * for good. `version` cannot tell them from newer ones, the user agent can; an unknown one is treated as old.
 */
const readsNewFields = (view: RequestView, userAgent: string) =>
  !view.request.version.startsWith('sp1-v6') || /(^|\s)(tonic\/0\.14|sealed-prover\/)/.test(userAgent);

function detailsOf(
  dependencies: NetworkDependencies,
  view: RequestView,
  userAgent: string,
): MessageInitShape<typeof ProofRequestSchema> {
  const { request } = view;
  const execution = executionOf(view);
  const program = dependencies.store.get('programs', request.vkHash);
  return {
    requestId: bytesOf(request.requestId),
    vkHash: bytesOf(request.vkHash),
    version: request.version,
    mode: proofModeNumber[request.mode],
    strategy: request.strategy,
    programUri: program ? artifactUri(program.artifactId) : '',
    stdinUri: artifactUri(request.stdin.id),
    deadline: secondsOf(request.deadlineAt),
    cycleLimit: BigInt(request.cycleLimit),
    fulfillmentStatus: fulfillmentStatusOf(view),
    executionStatus: executionStatusOf(view),
    requester: bytesOf(request.requester),
    createdAt: secondsOf(request.createdAt),
    updatedAt: secondsOf(view.updatedAt),
    ...(view.state === 'fulfilled' && { fulfilledAt: secondsOf(view.updatedAt) }),
    txHash: bytesOf(request.requestId),
    ...(execution && {
      cycles: BigInt(execution.cycles),
      gasUsed: BigInt(execution.gas),
      publicValuesHash: bytesOf(execution.publicValuesHash),
    }),
    gasLimit: BigInt(request.gasLimit),
    executeFailCause: failureCauseOf(view),
    settlementStatus: SettlementStatus.UNSETTLED,
    minAuctionPeriod: BigInt(request.minAuctionPeriod),
    whitelist: request.whitelist.map(bytesOf),
    ...(readsNewFields(view, userAgent) && { error: errorOf(view), stdinPrivate: request.stdinPrivate }),
  };
}

/** The SDK asks for at most this many at a time; answers stay far below its limit of 4 MiB. */
const maxPage = 100;
const defaultPage = 10;

export const getFilteredProofRequests = (dependencies: NetworkDependencies) =>
  unary(ProverNetwork.method.getFilteredProofRequests, (filter, { userAgent }) => {
    // Calls are not authenticated and an id is the key to a proof: nobody may collect the ids of everyone.
    if (filter.requester === undefined) throw malformed('requester', 'name whose requests are to be listed');
    const limit = Math.min(filter.limit || defaultPage, maxPage);
    const views = dependencies.registry.list({
      requester: addressField('requester', filter.requester),
      from: filter.from === undefined ? undefined : Number(filter.from) * 1000,
      to: filter.to === undefined ? undefined : Number(filter.to) * 1000 + 999,
      matches: matcherOf(filter, dependencies.clock.now()),
      offset: Math.max(0, (filter.page ?? 1) - 1) * limit,
      limit,
    });
    return { requests: views.map((view) => detailsOf(dependencies, view, userAgent)) };
  });

/** Fields that only the public network can decide (fulfiller, bids, settlement) are matched by what holds here: none, unsettled. */
function matcherOf(filter: GetFilteredProofRequestsRequest, now: number): (view: RequestView) => boolean {
  const vkHash = filter.vkHash && vkHashField(filter.vkHash);
  const isTimedOut = (view: RequestView) =>
    view.state === 'expired' || (!isTerminal(view) && view.request.deadlineAt <= now);
  const tests: Array<(view: RequestView) => boolean> = [];
  const add = <T>(wanted: T | undefined, found: (view: RequestView) => T) => {
    if (wanted !== undefined) tests.push((view) => found(view) === wanted);
  };
  add(filter.version, (view) => view.request.version);
  add(filter.fulfillmentStatus, fulfillmentStatusOf);
  add(filter.executionStatus, executionStatusOf);
  add(vkHash, (view) => view.request.vkHash);
  add(filter.mode, (view) => proofModeNumber[view.request.mode]);
  add(filter.executeFailCause, failureCauseOf);
  add(filter.error, errorOf);
  add(filter.isTimedOut, isTimedOut);
  add(filter.settlementStatus, () => SettlementStatus.UNSETTLED);
  const minimumDeadline = filter.minimumDeadline;
  if (minimumDeadline !== undefined) tests.push((view) => secondsOf(view.request.deadlineAt) >= minimumDeadline);
  if (filter.fulfiller !== undefined) tests.push(() => false);
  return (view) => tests.every((test) => test(view));
}
