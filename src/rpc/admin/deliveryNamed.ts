// Which delivery is meant by some digits of its id.
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { RequestId } from '../../ids.js';
import type { DeliveryView } from '../../machines/delivery/view.js';
import type { AdminDependencies } from './dependencies.js';
import { named } from './named.js';

type Shown = NonNullable<AdminDependencies['network']>['deliveries'];

/** Of a service that is a network of its own none is there. Throws NOT_UNDERSTOOD, DELIVERY_UNKNOWN, AMBIGUOUS_ID. */
export async function deliveryNamed(
  text: string,
  { network }: Pick<AdminDependencies, 'network'>,
): Promise<{ readonly view: DeliveryView; readonly deliveries: Shown }> {
  const deliveries = network?.deliveries;
  const view = await named(text, {
    whose: "a delivery's id",
    digitsOfId: 64,
    byDigits: async (digits, limit) => (await deliveries?.byDigits(digits, limit)) ?? [],
    viewOf: (id: RequestId) => deliveries?.viewOf(id),
    unknown: 'DELIVERY_UNKNOWN',
  });
  if (deliveries === undefined) throw new FailureError(fail('DELIVERY_UNKNOWN', { digits: view.context.networkId }));
  return { view, deliveries };
}
