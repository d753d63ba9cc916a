// Work here that the network does not want any more.
import type { Failure } from '../failures/catalog.js';
import { fail } from '../failures/fail.js';
import { ProofRequestError } from '../gen/network/network_pb.js';
import type { RequestId } from '../ids.js';
import type { DeliveryView } from '../machines/delivery/view.js';
import type { Store } from '../store/environment.js';

/** Why nobody wants the proof of its request from here, unless that is shared with another. Undefined: it is wanted. */
export function unwantedBy({ state, context }: Pick<DeliveryView, 'state' | 'context'>): Failure | undefined {
  if (state === 'foreign') return fail('ASSIGNED_ELSEWHERE');
  if (state === 'superseded') return fail('PROVED_ELSEWHERE');
  if (state !== 'released') return undefined;
  const { givenUpWith: error = ProofRequestError.UNSPECIFIED } = context;
  return fail('NETWORK_GAVE_UP', { error, cause: ProofRequestError[error] ?? `error ${error}` });
}

export interface UnwantedRequest {
  readonly localId: RequestId;
  readonly why: Failure;
}

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
}): UnwantedRequest[] {
  const wanted = new Set(deliveries.open.views().map(({ context }) => context.localId));
  return [...store.scan('openRequests', [])]
    .filter(({ key: [id] }) => !wanted.has(id))
    .flatMap(({ key: [localId] }) => {
      const delivery = deliveries.viewOf(localId);
      const why = delivery && unwantedBy(delivery);
      return why === undefined ? [] : [{ localId, why }];
    });
}
