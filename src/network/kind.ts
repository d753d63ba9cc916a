// A delivery as a kind of durable machine.
import type { DurableKind } from '../durable/kind.js';
import type { RequestId } from '../ids.js';
import { deliveryMachine } from '../machines/delivery/machine.js';
import { type DeliveryEvent, type DeliveryStart, freshDelivery } from '../machines/delivery/rules.js';
import { type DeliveryView, deliveryPath, deliveryViewOf, hasDeliveryEnded } from '../machines/delivery/view.js';
import type { Act } from '../store/buckets.js';

export type DeliveryKind = DurableKind<RequestId, DeliveryStart, DeliveryView, DeliveryEvent>;

const child = (src: string, input: object) => ({
  snapshot: { status: 'active', input },
  src,
  syncSnapshot: false,
});

/** Exactly what the machine persists in its first state. Held against it by a test. */
export const firstDelivery = (start: DeliveryStart) => ({
  status: 'active',
  value: 'assigning',
  historyValue: {},
  context: freshDelivery(start),
  children: {
    '0.delivery@1.assigning': child('close', { at: start.closesAt }),
    '1.delivery@1.assigning': child('look', { networkId: start.networkId }),
  },
});

/** Enough to read deliveries. `createDeliveries` gives the machine its effects. */
export const deliveryKind: DeliveryKind = {
  name: 'delivery',
  machine: deliveryMachine,
  migrations: {},
  buckets: { snapshots: 'deliveries', journal: 'deliveryJournal', open: 'openDeliveries' },
  viewOf: deliveryViewOf,
  idOf: ({ context }) => context.networkId,
  ownerOf: ({ context }) => context.localId ?? context.networkId,
  ageOf: ({ elapsedMs }) => elapsedMs,
  isTerminal: hasDeliveryEnded,
  expires: true,
  pathOf: deliveryPath,
  factsOf: (...transition) => factsOf(...transition),
  first: firstDelivery as unknown as DeliveryKind['first'],
};

/** At which call it is or was, and which operator has done it. */
const factsOf: NonNullable<DeliveryKind['factsOf']> = (event, _, { context: { tries } }) => {
  const { act } = event as DeliveryEvent & { readonly act?: Act };
  return { ...(tries > 0 && { attempt: tries }), ...(act !== undefined && { act }) };
};
