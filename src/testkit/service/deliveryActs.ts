// The actions on deliveries, for the table of all actions.
import { Deliveries } from '../../gen/admin/v1/deliveries_pb.js';
import type { RequestId } from '../../ids.js';
import type { DeliveryEvent, DeliveryStart } from '../../machines/delivery/rules.js';
import { plantDelivery } from '../world/awayNetwork.js';
import { deliveryWays } from '../world/deliveries.js';
import type { World } from '../world/world.js';
import type { Act } from './operatorAct.js';

const way = (state: string): readonly DeliveryEvent[] => deliveryWays[state] ?? [];

/** Its pause has just begun. */
export const pausing = (world: World): readonly DeliveryEvent[] => [
  ...way('confirming'),
  { type: 'SEEN_ASSIGNED', at: world.clock.now() },
];

/** The network has said no once. */
export const refusedOnce = (world: World): readonly DeliveryEvent[] => [
  ...way('submitting'),
  { type: 'REFUSED', refusal: { code: 9, text: 'not now' } },
  { type: 'SEEN_ASSIGNED', at: world.clock.now() },
];

const planted =
  (
    events: (world: World) => readonly DeliveryEvent[],
    changes: (world: World) => Partial<DeliveryStart> = () => ({}),
  ) =>
  async (world: World) => ({ id: await plantDelivery(world, events(world), changes(world)) });

const late = (world: World) => ({ deadlineAt: world.clock.now() - 1 });
const seen = (world: World, { id }: Record<string, unknown>) => {
  const view = world.assembly.network?.deliveries.viewOf(id as RequestId);
  return view && [view.state, view.seq];
};
const unknown = [
  ['DELIVERY_UNKNOWN', async () => ({ id: 'ab'.repeat(32) })],
  ['NOT_UNDERSTOOD', async () => ({ id: 'ab' })],
] as const;

export const deliveryActs: readonly Act[] = [
  {
    method: Deliveries.method.tryNow,
    name: 'delivery.try-now',
    inNetwork: true,
    given: planted(pausing),
    seen,
    refused: [
      ...(['working', 'pending', 'refused', 'delivered'] as const).map(
        (state) => ['NOTHING_TO_DO', planted(() => way(state))] as const,
      ),
      ...unknown,
    ],
  },
  {
    method: Deliveries.method.giveUp,
    name: 'delivery.give-up',
    inNetwork: true,
    given: planted(refusedOnce),
    seen,
    refused: [
      // Its call may have been accepted, or something may still come of it.
      ['NOTHING_TO_DO', planted(() => way('confirming'), late)],
      ['NOTHING_TO_DO', planted(() => way('working'))],
      ['NOTHING_TO_DO', planted(pausing)],
      ['NOTHING_TO_DO', planted(() => way('expired'), late)],
      ...unknown,
    ],
  },
  {
    method: Deliveries.method.giveUp,
    name: 'delivery.give-up',
    inNetwork: true,
    given: planted(() => way('pending'), late),
    seen,
    refused: [],
  },
];
