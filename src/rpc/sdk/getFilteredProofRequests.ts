// GetFilteredProofRequests: requests of one address, from their durable views. One list may hold requests of both flavours.
import type { Clock } from '../../clock.js';
import { requestModeNumber } from '../../engines/jobs.js';
import { malformed } from '../../failures/malformed.js';
import { GetFilteredProofRequestsRequestSchema as AuctionFilterSchema } from '../../gen/network/auction/auction_pb.js';
import {
  type GetFilteredProofRequestsRequest,
  GetFilteredProofRequestsRequestSchema,
  ProverNetwork,
  SettlementStatus,
} from '../../gen/network/network_pb.js';
import { isTerminal, type RequestView } from '../../machines/request/view.js';
import { parseMessage, unaryBytes } from '../../transport/grpc/unary.js';
import type { SdkDependencies } from './dependencies.js';
import { answerWith, encodeProofRequest } from './encodeProofRequest.js';
import { addressField, vkHashField } from './fields.js';
import { isOurClient, schemaFor } from './flavour.js';
import { errorOf, executionStatusOf, failureCauseOf, fulfillmentStatusOf, secondsOf } from './wireStatus.js';

/** The SDK asks for at most this many at a time; answers stay far below its limit of 4 MiB. */
const maxPage = 100;
const defaultPage = 10;

/**
 * Each request is shown in the schema of its own flavour, without the fields on which the schemas disagree: a key may have been used
 * in both, nothing says in which its owner reads now, and one such field would break the whole call.
 */
export const getFilteredProofRequests = ({ registry, store, clock }: SdkDependencies) =>
  unaryBytes(ProverNetwork.method.getFilteredProofRequests, async ({ raw, userAgent }) => {
    const filter = parseMessage(GetFilteredProofRequestsRequestSchema, raw);
    // Calls are not authenticated and an id is the key to a proof, so a call cannot collect the ids of everyone.
    if (filter.requester === undefined) throw malformed('requester', 'name whose requests are to be listed');
    const limit = Math.min(filter.limit || defaultPage, maxPage);
    const views = await registry.list({
      requester: addressField('requester', filter.requester),
      from: filter.from === undefined ? undefined : Number(filter.from) * 1000,
      to: filter.to === undefined ? undefined : Number(filter.to) * 1000 + 999,
      matches: matcherOf(filter, endFilterOf(raw, filter, clock)),
      offset: Math.max(0, (filter.page ?? 1) - 1) * limit,
      limit,
    });
    const disputed = isOurClient(userAgent);
    return answerWith(
      views.map((view) =>
        encodeProofRequest(store, view, { schema: schemaFor(userAgent, view.request.flavour), disputed }),
      ),
    );
  });

/**
 * The fields 17 and 18 mean is_timed_out and use_mainnet in base, is_canceled and is_timed_out in auction. Nothing says which is meant,
 * so each request is judged by its own flavour: an owner who speaks one gets what that one means. There is one network here, and
 * use_mainnet chooses nothing.
 */
function endFilterOf(
  raw: Uint8Array,
  base: GetFilteredProofRequestsRequest,
  clock: Clock,
): (view: RequestView) => boolean {
  const auction = parseMessage(AuctionFilterSchema, raw);
  const now = clock.now();
  const isTimedOut = (view: RequestView) => view.state === 'expired' || (!isTerminal(view) && view.deadlineAt <= now);
  return (view) => {
    const { isTimedOut: timedOut } = view.request.flavour === 'base' ? base : auction;
    const cancelled = view.request.flavour === 'base' ? undefined : auction.isCanceled;
    if (timedOut !== undefined && isTimedOut(view) !== timedOut) return false;
    return cancelled === undefined || (view.state === 'cancelled') === cancelled;
  };
}

/** Fields that only the public network can decide (fulfiller, bids, settlement) are matched by what holds here: none, unsettled. */
function matcherOf(
  filter: GetFilteredProofRequestsRequest,
  endsAsWanted: (view: RequestView) => boolean,
): (view: RequestView) => boolean {
  const vkHash = filter.vkHash && vkHashField(filter.vkHash);
  const tests = [endsAsWanted];
  const add = <T>(wanted: T | undefined, found: (view: RequestView) => T) => {
    if (wanted !== undefined) tests.push((view) => found(view) === wanted);
  };
  add(filter.version, (view) => view.request.version);
  add(filter.fulfillmentStatus, fulfillmentStatusOf);
  add(filter.executionStatus, executionStatusOf);
  add(vkHash, (view) => view.request.vkHash);
  add<number>(filter.mode, (view) => requestModeNumber[view.request.mode]);
  add(filter.executeFailCause, failureCauseOf);
  add(filter.error, errorOf);
  add(filter.settlementStatus, () => SettlementStatus.UNSETTLED);
  const minimumDeadline = filter.minimumDeadline;
  if (minimumDeadline !== undefined) tests.push((view) => secondsOf(view.request.deadlineAt) >= minimumDeadline);
  if (filter.fulfiller !== undefined) tests.push(() => false);
  return (view) => tests.every((test) => test(view));
}
