// All that the network has assigned to a prover, read to the end.
import { FulfillmentStatus, type ProofRequest, ProverNetwork } from '../gen/network/network_pb.js';
import { type Address, bytesOf, parseRequestId, type RequestId } from '../ids.js';
import type { Upstream } from './upstream.js';

/** The most requests that the network lists at once. */
export const pageSize = 100;
/** More pages than these are no honest list. */
const mostPages = 1_000;

/**
 * The list comes oldest first, and shortens in front while it is read: by number, the next page would begin behind what has moved up. So it is
 * asked for by the time at which the last one ended. Pages of one second, or in another order, are asked for by number.
 */
export async function listAssigned(
  upstream: Pick<Upstream, 'read'>,
  fulfiller: Address,
  onPage: () => void = () => {},
): Promise<Map<RequestId, ProofRequest>> {
  const found = new Map<RequestId, ProofRequest>();
  const filter = {
    fulfiller: bytesOf(fulfiller),
    fulfillmentStatus: FulfillmentStatus.ASSIGNED,
    limit: pageSize,
  };
  let from = 0n;
  let page = 1;
  for (let read = 0; read < mostPages; read += 1) {
    const query = { ...filter, page, ...(from > 0n && { from }) };
    const { requests } = await upstream.read(ProverNetwork.method.getFilteredProofRequests, query, 0);
    onPage();
    for (const request of requests) {
      const id = parseRequestId(request.requestId);
      if (id !== undefined) found.set(id, request);
    }
    if (requests.length < pageSize) break;
    const last = requests.at(-1)?.createdAt ?? 0n;
    const isOrdered = requests.every(({ createdAt }, index) => createdAt >= (requests[index - 1]?.createdAt ?? 0n));
    if (isOrdered && last > from) {
      from = last;
      page = 1;
    } else page += 1;
  }
  return found;
}
