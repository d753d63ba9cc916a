// Deliveries.TryNow and Deliveries.GiveUp: what an operator does with one report to the network.

import type { MessageInitShape } from '@bufbuild/protobuf';
import { assertSeen } from '../../../failures/assertSeen.js';
import { Deliveries, type DeliverySchema } from '../../../gen/admin/v1/deliveries_pb.js';
import type { DeliveryEvent } from '../../../machines/delivery/rules.js';
import {
  type DeliveryStep,
  type DeliveryView,
  deliverySteps,
  hasDeliveryEnded,
} from '../../../machines/delivery/view.js';
import { deliveryNamed } from '../deliveryNamed.js';
import { deliveryOf } from '../deliveryOf.js';
import type { AdminDependencies } from '../dependencies.js';
import { type ActingDependencies, type Action, acting } from './acting.js';
import { nothingToDo } from './onRequest.js';

export type OnDeliveryDependencies = ActingDependencies & Pick<AdminDependencies, 'network' | 'clock'>;

interface Step {
  readonly name: DeliveryStep;
  readonly event: DeliveryEvent;
  readonly effects: (view: DeliveryView) => readonly string[];
}

/** Throws NOT_UNDERSTOOD, DELIVERY_UNKNOWN, AMBIGUOUS_ID, STALE_VIEW, NOTHING_TO_DO. */
function onDelivery<Call extends { readonly id: string }>(
  { name, event, effects }: Step,
  dependencies: OnDeliveryDependencies,
): Action<Call, { delivery: MessageInitShape<typeof DeliverySchema> }> {
  const { clock } = dependencies;
  return {
    name: `delivery.${name}`,
    async plan({ id }, expectedSeq) {
      const { view, deliveries } = await deliveryNamed(id, dependencies);
      const { networkId } = view.context;
      assertSeen({ what: 'Delivery', id: networkId, seq: view.seq }, expectedSeq);
      if (!deliverySteps(view, clock.now()).includes(name)) throw nothingToDo(name, whyNot(name, view));
      return {
        target: networkId,
        effects: effects(view),
        apply: (act) => deliveries.act({ id: networkId, event, expectedSeq, act }),
      };
    },
    async answer({ id }) {
      return { delivery: deliveryOf((await deliveryNamed(id, dependencies)).view, clock.now()) };
    },
  };
}

function whyNot(name: DeliveryStep, view: DeliveryView): string {
  const { state } = view;
  if (name === 'try-now' || hasDeliveryEnded(view)) return state;
  return state === 'submitting' || state === 'confirming'
    ? `${state}: its last call may have been accepted`
    : `${state}, and may still succeed: the network has not said no, and its deadline is to come`;
}

/** Refused when it does not back off. */
export const tryDeliveryNow = (dependencies: OnDeliveryDependencies) =>
  acting(
    Deliveries.method.tryNow,
    dependencies,
    onDelivery(
      {
        name: 'try-now',
        event: { type: 'RETRY_DUE' },
        effects: ({ context: { networkId, tries } }) => [
          `Delivery ${networkId} waits for the next number of its key now, for call ${tries + 1}, without the rest of its pause.`,
        ],
      },
      dependencies,
    ),
  );

/** Refused when something may still come of it. */
export const giveUpDelivery = (dependencies: OnDeliveryDependencies) =>
  acting(
    Deliveries.method.giveUp,
    dependencies,
    onDelivery(
      {
        name: 'give-up',
        event: { type: 'GIVEN_UP' },
        effects: ({ state, context: { networkId, localId, refusal } }) => [
          `Delivery ${networkId} ends as ${refusal === null ? 'expired' : 'refused'}: the network hears nothing more of it.`,
          ...(state === 'working' && localId !== null
            ? [`The proof of request ${localId} is still being made, and its client may fetch it here.`]
            : []),
        ],
      },
      dependencies,
    ),
  );
