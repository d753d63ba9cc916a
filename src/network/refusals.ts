// Reports that the network has refused for good while it still waits for them: nothing here tries again, so that a person should look. They
// are kept until the network would take no report any more, also over a restart.
import type { Clock } from '../clock.js';
import type { TransitionHook } from '../durable/kind.js';
import type { RequestId } from '../ids.js';
import type { DeliveryView } from '../machines/delivery/view.js';
import { printable } from '../printable.js';
import type { Store } from '../store/environment.js';

export interface Refusals {
  /** Joins the transaction that refuses it. */
  readonly write: TransitionHook<DeliveryView>;
  /** It is on disk so. */
  note(view: DeliveryView): void;
  /** Those of earlier lives. */
  restore(): void;
  /** In the order in which they came; of earlier lives by id. */
  all(): readonly RefusedDelivery[];
}

export interface RefusedDelivery {
  readonly networkId: RequestId;
  /** What the network has said, so that it can be shown. Empty: nothing. */
  readonly text: string;
}

/** Of the network's text. */
const longestText = 200;

export function createRefusals({
  store,
  clock,
}: {
  readonly store: Pick<Store, 'scan'>;
  readonly clock: Pick<Clock, 'now'>;
}): Refusals {
  const refused = new Map<RequestId, { readonly text: string; readonly closesAt: number }>();
  const isOver = ({ closesAt }: { readonly closesAt: number }) => closesAt <= clock.now();

  return {
    write(tx, { state, context: { networkId, ...context } }) {
      if (state !== 'refused') return;
      for (const [id, each] of refused) if (isOver(each)) tx.remove('refusedDeliveries', id);
      tx.put('refusedDeliveries', [networkId], shown(context));
    },
    note({ state, context: { networkId, ...context } }) {
      if (state !== 'refused') return;
      for (const [id, each] of refused) if (isOver(each)) refused.delete(id);
      refused.set(networkId, shown(context));
    },
    restore() {
      // Those that are over stay in the list: the next refusal removes them from the store.
      for (const { key, value } of store.scan('refusedDeliveries', [])) refused.set(key[0], value);
    },
    all: () => [...refused].flatMap(([networkId, each]) => (isOver(each) ? [] : [{ networkId, text: each.text }])),
  };
}

const shown = ({ refusal, closesAt }: Pick<DeliveryView['context'], 'refusal' | 'closesAt'>) => ({
  text: printable(refusal?.text ?? '', longestText),
  closesAt,
});
