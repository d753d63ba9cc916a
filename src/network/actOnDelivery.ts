// An operator's actions on a delivery: an event that must find it as the operator has seen it, with its audit in the same transaction.
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import type { RequestId } from '../ids.js';
import type { DeliveryEvent } from '../machines/delivery/rules.js';
import type { Act } from '../store/buckets.js';
import type { BrowseDeliveries } from './browseDeliveries.js';
import type { DeliveryHost } from './kind.js';

export interface DeliveryAct {
  readonly networkId: RequestId;
  readonly event: DeliveryEvent;
  /** It has made so many transitions, or it has moved on. 0: however many. */
  readonly expectedSeq: number;
  readonly act: Act;
}

/** Resolves when it is done and on disk. Fails with STALE_VIEW, and with NOTHING_TO_DO when the machine does not take it. */
export type ActOnDelivery = (on: DeliveryAct) => Promise<void>;

export const createActOnDelivery =
  (host: Pick<DeliveryHost, 'act' | 'decidedSeq'>, { viewOf }: Pick<BrowseDeliveries, 'viewOf'>): ActOnDelivery =>
  async ({ networkId, event, expectedSeq, act }) => {
    const seq = host.decidedSeq(networkId);
    if (expectedSeq !== 0 && seq !== undefined && seq !== expectedSeq)
      throw new FailureError(fail('STALE_VIEW', { what: 'Delivery', id: networkId, seq }));
    // The host's kind finds it there again, when it writes the transition (`factsOf`).
    const withAct: DeliveryEvent & { readonly act: Act } = { ...event, act };
    const done = host.act(networkId, withAct);
    if (done !== undefined) return await done;
    throw new FailureError(fail('NOTHING_TO_DO', { action: act.action, state: viewOf(networkId)?.state ?? 'gone' }));
  };
