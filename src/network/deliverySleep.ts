// Deliveries that wait without an actor after a start, as most of many do: for the end of their request here, or for the signer's turn.
import type { Clock } from '../clock.js';
import type { Dormancy } from '../durable/kind.js';
import type { RequestId } from '../ids.js';
import type { DeliveryView } from '../machines/delivery/view.js';
import type { DeliveryPolicy } from './reportOf.js';
import type { RequestEnds } from './requestEnds.js';
import type { SigningKeys } from './signingKeys.js';

export interface DeliverySleepParameters {
  readonly keys: SigningKeys;
  readonly policy: Pick<DeliveryPolicy, 'deliver'>;
  readonly clock: Pick<Clock, 'wakeAt'>;
  readonly ends: RequestEnds;
  /** Nonces that were granted to one that slept, until its actor has taken them. */
  readonly early: Map<RequestId, bigint>;
}

export function deliverySleep(parameters: DeliverySleepParameters): Dormancy<DeliveryView> {
  const { clock, policy, ends } = parameters;
  return {
    // A failure may have its cause to tell first, and a proof that has become private waits for no turn.
    isDormant: ({ state, context: { localId, report } }) =>
      (state === 'working' && localId !== null) ||
      (state === 'pending' && report?.kind === 'fulfil' && policy.deliver === 'proof'),
    sleep(view, wake) {
      const { localId, closesAt } = view.context;
      const cancelClosing = clock.wakeAt(closesAt, wake);
      const isWorking = view.state === 'working' && localId !== null;
      const leave = isWorking ? ends.of(localId, wake) : untilTurn(parameters, view, wake);
      return () => {
        cancelClosing();
        leave();
      };
    },
  };
}

function untilTurn(
  { keys, early }: DeliverySleepParameters,
  { context: { networkId, signer, deadlineAt } }: DeliveryView,
  wake: () => void,
): () => void {
  const { nonceOwner } = keys.of(signer);
  return nonceOwner.line({
    deadlineAt,
    isFailure: false,
    grant(nonce) {
      early.set(networkId, nonce);
      wake();
      // It could not be woken: the next one is not to wait for it.
      if (early.delete(networkId)) nonceOwner.done(nonce, { kind: 'unknown' });
    },
  });
}
