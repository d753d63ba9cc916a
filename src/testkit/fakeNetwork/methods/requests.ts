// What the fake network answers about requests: status, details, lists by filter with pages of at most a hundred.
import {
  FulfillmentStatus,
  type GetFilteredProofRequestsRequest,
  ProverNetwork,
} from '../../../gen/network/network_pb.js';
import { bytesOf, parseRequestId, type RequestId, type VkHash } from '../../../ids.js';
import { unary } from '../../../transport/grpc/unary.js';
import { type FakeRequest, shownRequest } from '../ledger.js';
import { malformedField, refused } from '../refused.js';
import type { FakeWorld } from '../world.js';

const usualLimit = 10;
const maxLimit = 100;

/** With the lag of its readers: a request that is younger than that is not there yet. */
function visible({ ledger, clock, detailsLagMs }: FakeWorld, requestId: RequestId | undefined): FakeRequest {
  if (requestId === undefined) throw malformedField('request_id');
  const request = ledger.requests.get(requestId);
  if (request === undefined || isHidden(request, clock.now(), detailsLagMs()))
    throw refused('notFound', 'proof request not found');
  return request;
}

const isHidden = ({ createdAt }: FakeRequest, now: number, lagMs: number) =>
  lagMs > 0 && now < createdAt * 1000 + lagMs;

export const getProofRequestStatus = (world: FakeWorld) =>
  unary(ProverNetwork.method.getProofRequestStatus, ({ requestId }) => {
    const request = visible(world, parseRequestId(requestId));
    const { proofArtifact, fulfillTxHash, publicValuesHash } = request;
    return {
      fulfillmentStatus: world.ledger.statusOf(request),
      executionStatus: request.execution,
      requestTxHash: Buffer.from(request.txHash, 'hex'),
      deadline: request.deadline,
      ...(fulfillTxHash !== undefined && { fulfillTxHash: Buffer.from(fulfillTxHash, 'hex') }),
      ...(proofArtifact !== undefined && { proofUri: `${world.urlOf(proofArtifact)}?token=${proofArtifact.token}` }),
      ...(publicValuesHash !== undefined && { publicValuesHash: Buffer.from(publicValuesHash, 'hex') }),
    };
  });

export const getProofRequestDetails = (world: FakeWorld) =>
  unary(ProverNetwork.method.getProofRequestDetails, ({ requestId }) => ({
    request: shown(world, visible(world, parseRequestId(requestId))),
  }));

export const getFilteredProofRequests = (world: FakeWorld) =>
  unary(ProverNetwork.method.getFilteredProofRequests, (filter) => {
    const { ledger, clock, detailsLagMs, pageShift } = world;
    const all = [...ledger.requests.values()].filter(
      (request) => !isHidden(request, clock.now(), detailsLagMs()) && matches(world, request, filter),
    );
    // Those that are assigned come oldest first, others newest first.
    if (filter.fulfillmentStatus !== FulfillmentStatus.ASSIGNED) all.reverse();
    const limit = Math.min(filter.limit ?? usualLimit, maxLimit);
    const pagesBefore = Math.max(1, filter.page ?? 1) - 1;
    const start = Math.max(0, pagesBefore * (limit + pageShift()));
    return { requests: all.slice(start, start + limit).map((request) => shown(world, request)) };
  });

function matches({ ledger }: FakeWorld, request: FakeRequest, filter: GetFilteredProofRequestsRequest): boolean {
  const { body, createdAt } = request;
  const is = <T>(wanted: T | undefined, found: T | undefined) => wanted === undefined || wanted === found;
  const same = (wanted: Uint8Array | undefined, found: Uint8Array | undefined) =>
    wanted === undefined || (found !== undefined && Buffer.from(wanted).equals(found));
  return (
    is(filter.version, body.version) &&
    is(filter.fulfillmentStatus, ledger.statusOf(request)) &&
    is(filter.executionStatus, request.execution) &&
    is(filter.mode, body.mode) &&
    is(filter.error as number | undefined, request.error) &&
    is(filter.executeFailCause as number | undefined, request.executeFailCause) &&
    same(filter.vkHash, body.vkHash) &&
    same(filter.requester, bytesOf(request.requester)) &&
    same(filter.fulfiller, request.fulfiller && bytesOf(request.fulfiller)) &&
    (filter.minimumDeadline ?? 0n) <= request.deadline &&
    (filter.from ?? 0n) <= BigInt(createdAt) &&
    (filter.to ?? BigInt(createdAt)) >= BigInt(createdAt)
  );
}

function shown(world: FakeWorld, request: FakeRequest) {
  const program = world.ledger.programs.get(Buffer.from(request.body.vkHash).toString('hex') as VkHash);
  const artifact = program && world.artifactOf(program.programUri);
  const isSet = world.switches().programPublicUri === 'set' && artifact !== undefined;
  return shownRequest(world.ledger, request, { programPublicUri: isSet ? world.urlOf(artifact) : '' });
}
