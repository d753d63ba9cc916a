// Deliveries.Get, Deliveries.History and Deliveries.Counts: one delivery as it stands, how it came there, and how many stand where.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  DeliveriesCountsResponseSchema,
  DeliveriesGetRequest,
  DeliveriesGetResponseSchema,
  DeliveriesHistoryRequest,
  DeliveriesHistoryResponseSchema,
} from '../../gen/admin/v1/deliveries_pb.js';
import { inBigInts } from './countRequests.js';
import { deliveryNamed } from './deliveryNamed.js';
import { deliveryOf } from './deliveryOf.js';
import type { AdminDependencies } from './dependencies.js';
import { historyLimit } from './historyLimit.js';
import { transitionOf } from './transitionOf.js';

type Reading = Pick<AdminDependencies, 'network' | 'clock'>;

/** Throws NOT_UNDERSTOOD, DELIVERY_UNKNOWN, AMBIGUOUS_ID. */
export const getDelivery =
  (dependencies: Reading) =>
  async ({ id }: DeliveriesGetRequest): Promise<MessageInitShape<typeof DeliveriesGetResponseSchema>> => {
    const { view } = await deliveryNamed(id, dependencies);
    return { delivery: deliveryOf(view, dependencies.clock.now()) };
  };

/** Throws NOT_UNDERSTOOD, DELIVERY_UNKNOWN, AMBIGUOUS_ID. */
export const getDeliveryHistory =
  (dependencies: Reading) =>
  async (call: DeliveriesHistoryRequest): Promise<MessageInitShape<typeof DeliveriesHistoryResponseSchema>> => {
    const limit = historyLimit(call.limit);
    const { view, deliveries } = await deliveryNamed(call.id, dependencies);
    const found = deliveries.history(view, call.fromSeq, limit);
    return {
      id: view.context.networkId,
      transitions: found.map(({ seq, entry }) => transitionOf(seq, entry)),
      isComplete: found.length < limit || found.at(-1)?.seq === view.seq,
    };
  };

export const countDeliveries =
  ({ network }: Pick<AdminDependencies, 'network'>) =>
  async (): Promise<MessageInitShape<typeof DeliveriesCountsResponseSchema>> => ({
    byState: Object.fromEntries(network?.deliveries.open.counts() ?? []),
    endedSinceStart: inBigInts(Object.fromEntries(network?.deliveries.ended() ?? [])),
  });
