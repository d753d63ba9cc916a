// Work here that the network does not want any more.
import type { RequestId } from '../ids.js';
import type { DeliveryView } from '../machines/delivery/view.js';
import type { Store } from '../store/environment.js';

/** Nobody wants the proof of its request, unless that is shared with another. */
export const endsWork = ({ state }: Pick<DeliveryView, 'state'>): boolean =>
  state === 'released' || state === 'foreign' || state === 'superseded';

/**
 * Requests that are open though their deliveries have ended their work: a delivery's end is durable before that of its request, and a crash,
 * or a stop, may come between the two.
 */
export function unwantedRequests({
  store,
  deliveries,
}: {
  readonly store: Pick<Store, 'scan'>;
  readonly deliveries: {
    readonly open: { views(): readonly DeliveryView[] };
    viewOf(networkId: RequestId): DeliveryView | undefined;
  };
}): RequestId[] {
  const wanted = new Set(deliveries.open.views().map(({ context }) => context.localId));
  return [...store.scan('openRequests', [])]
    .map(({ key: [id] }) => id)
    .filter((id) => {
      if (wanted.has(id)) return false;
      const delivery = deliveries.viewOf(id);
      return delivery !== undefined && endsWork(delivery);
    });
}
