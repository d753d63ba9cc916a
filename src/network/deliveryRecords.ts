// Deliveries that have ended, as records with a retention: also where the service is no front of a network any more.
import type { RecordKind } from '../durable/records.js';
import { storedView } from '../durable/stored.js';
import type { RequestId } from '../ids.js';
import { hasDeliveryEnded } from '../machines/delivery/view.js';
import type { Store } from '../store/environment.js';
import { deliveryKind } from './kind.js';

export const deliveryRecords = (store: Pick<Store, 'get'>): RecordKind => ({
  name: deliveryKind.name,
  buckets: deliveryKind.buckets,
  isOpen(id) {
    const view = storedView(store, deliveryKind, id as RequestId);
    return view !== undefined && !hasDeliveryEnded(view);
  },
});
