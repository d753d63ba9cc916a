// GetProofRequestStatus of the front: what is of here from here, whatever became of the network, and the rest as the network says it.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { SteadyMs } from '../../clock.js';
import {
  FulfillmentStatus,
  GetProofRequestStatusRequestSchema,
  type GetProofRequestStatusResponse,
  GetProofRequestStatusResponseSchema,
  ProverNetwork,
} from '../../gen/network/network_pb.js';
import { bytesOf, type RequestId } from '../../ids.js';
import { type DeliveryView, hasDeliveryEnded } from '../../machines/delivery/view.js';
import type { RequestView } from '../../machines/request/view.js';
import type { UnaryMethod } from '../../transport/grpc/call.js';
import { parseMessage } from '../../transport/grpc/unary.js';
import { requestIdField } from '../sdk/fields.js';
import type { FrontDependencies } from './dependencies.js';
import { forwardRead } from './forward.js';

/** A status of the network is kept for so long: as many may ask as like (ms). */
const keptMs = 1_000;
const mostKept = 1_000;

export function getNetworkStatus(dependencies: FrontDependencies, local: UnaryMethod): UnaryMethod {
  const { registry, network, catalog } = dependencies;
  const { getProofRequestStatus: method } = ProverNetwork.method;
  const unknown = createKept(dependencies, async (id) => {
    const request = create(method.input, { requestId: bytesOf(id) });
    return parseMessage(method.output, await forwardRead(dependencies, local.path, toBinary(method.input, request)));
  });
  // Once: its client asks again, and has its answer from here meanwhile.
  const delivered = createKept(dependencies, (id) => network.upstream.read(method, { requestId: bytesOf(id) }, 0));

  /** Its proof, where the network has it. Otherwise as if it were still under way. */
  async function fromNetwork(id: RequestId, answer: GetProofRequestStatusResponse): Promise<Uint8Array> {
    const found = await delivered(id).catch(() => undefined);
    const isThere = found?.fulfillmentStatus === FulfillmentStatus.FULFILLED && found.proofUri !== undefined;
    const { requestTxHash, deadline, executionStatus } = answer;
    return toBinary(
      GetProofRequestStatusResponseSchema,
      isThere
        ? found
        : create(GetProofRequestStatusResponseSchema, {
            requestTxHash,
            deadline,
            executionStatus,
            fulfillmentStatus: FulfillmentStatus.ASSIGNED,
          }),
    );
  }

  function isServedThere(view: RequestView, delivery: DeliveryView | undefined): boolean {
    // Somebody else has proved it meanwhile.
    if (view.state === 'failed' && view.failure.code === 'PROVED_ELSEWHERE') return true;
    if (view.state !== 'fulfilled') return false;
    if (catalog.lookup(view.proof.id) === undefined) return delivery?.state === 'delivered';
    if (network.settings.serveProofs === 'here' || delivery === undefined) return false;
    // What the network has not taken in the end is served from here after all.
    return !hasDeliveryEnded(delivery) || delivery.state === 'delivered';
  }

  return {
    path: local.path,
    async answer(call) {
      const id = requestIdField(parseMessage(GetProofRequestStatusRequestSchema, call.raw).requestId);
      if (registry.view(id) === undefined)
        return toBinary(GetProofRequestStatusResponseSchema, knownToOldClients(await unknown(id)));
      const answer = fromBinary(GetProofRequestStatusResponseSchema, await local.answer(call));
      const view = registry.view(id);
      const delivery = network.deliveries.viewOf(id);
      if (view !== undefined && isServedThere(view, delivery)) return fromNetwork(id, answer);
      const tx = delivery?.state === 'delivered' ? delivery.context.acceptedTx : null;
      const fulfillTxHash = tx === null || tx === undefined ? answer.fulfillTxHash : bytesOf(tx as RequestId);
      return toBinary(GetProofRequestStatusResponseSchema, { ...answer, ...(fulfillTxHash && { fulfillTxHash }) });
    },
  };
}

/** REVERTED and EXPIRED crash or confuse older clients: what holds of them is said in the words that all know. */
function knownToOldClients(answer: GetProofRequestStatusResponse): GetProofRequestStatusResponse {
  const { fulfillmentStatus: status } = answer;
  if (status === FulfillmentStatus.REVERTED) return { ...answer, fulfillmentStatus: FulfillmentStatus.UNFULFILLABLE };
  if (status === FulfillmentStatus.EXPIRED) return { ...answer, fulfillmentStatus: FulfillmentStatus.ASSIGNED };
  return answer;
}

type Ask = (id: RequestId) => Promise<GetProofRequestStatusResponse>;

function createKept({ clock }: Pick<FrontDependencies, 'clock'>, ask: Ask): Ask {
  const kept = new Map<RequestId, { at: SteadyMs; answer: Promise<GetProofRequestStatusResponse> }>();
  return (id) => {
    const known = kept.get(id);
    if (known !== undefined && clock.steady() - known.at < keptMs) return known.answer;
    if (kept.size >= mostKept) kept.clear();
    const answer = ask(id);
    kept.set(id, { at: clock.steady(), answer });
    answer.catch(() => kept.delete(id));
    return answer;
  };
}
