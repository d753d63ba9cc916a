// What the network says of one request, in the few words that matter to its delivery.
import { FulfillmentStatus, type ProofRequest, ProverNetwork } from '../gen/network/network_pb.js';
import { type Address, bytesOf, parseAddress, type RequestId } from '../ids.js';
import { type Upstream, UpstreamError } from './upstream.js';

export type SeenRequest =
  | { readonly state: 'missing' }
  | { readonly state: 'requested' | 'assigned' | 'fulfilled'; readonly fulfiller: Address | undefined }
  /** `error`: ProofRequestError, of whatever number. */
  | { readonly state: 'unfulfillable'; readonly error: number }
  | { readonly state: 'expired' };

/** That a request was given up is believed when it is read again, so much later: work on it ends for good (ms). */
export const believedEndMs = 2_000;

/** Rejects with an UpstreamError when nothing answers in time. */
export async function readRequest(
  upstream: Pick<Upstream, 'read'>,
  networkId: RequestId,
  budgetMs?: number,
): Promise<SeenRequest> {
  try {
    const { request } = await upstream.read(
      ProverNetwork.method.getProofRequestDetails,
      { requestId: bytesOf(networkId) },
      budgetMs,
    );
    if (request === undefined) return { state: 'missing' };
    const fulfiller = request.fulfiller && parseAddress(request.fulfiller);
    // A prover that cannot be read is not another prover.
    if (request.fulfiller !== undefined && fulfiller === undefined) return { state: 'missing' };
    return seen(request, fulfiller);
  } catch (error) {
    const notFound = 5;
    if (error instanceof UpstreamError && error.code === notFound) return { state: 'missing' };
    throw error;
  }
}

function seen({ fulfillmentStatus, error }: ProofRequest, fulfiller: Address | undefined): SeenRequest {
  switch (fulfillmentStatus as number) {
    case FulfillmentStatus.REQUESTED:
      return { state: 'requested', fulfiller };
    case FulfillmentStatus.ASSIGNED:
      return { state: fulfiller === undefined ? 'requested' : 'assigned', fulfiller };
    case FulfillmentStatus.FULFILLED:
      return { state: 'fulfilled', fulfiller };
    case FulfillmentStatus.UNFULFILLABLE:
    case FulfillmentStatus.REVERTED:
      return { state: 'unfulfillable', error };
    case FulfillmentStatus.EXPIRED:
      return { state: 'expired' };
    default:
      // A number of a newer network: nothing is concluded from it.
      return { state: 'missing' };
  }
}
