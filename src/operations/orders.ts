// What operators have set and what holds until they lift it: pauses, drained and stopped lanes. A restart does not undo it.
import type { Clock, EpochMs } from '../clock.js';
import type { LaneId } from '../ids.js';
import type { Act } from '../store/buckets.js';
import type { Store } from '../store/environment.js';
import type { AuditWriter } from './audit.js';

export interface Order {
  readonly what: 'paused' | 'drained' | 'stopped';
  readonly by: string;
  readonly reason: string;
  readonly at: EpochMs;
  /** When it lifts itself. Absent: it does not. */
  readonly untilAt?: EpochMs;
}

/** `intake`, `dispatch`, or a lane. */
export type Ordered = 'intake' | 'dispatch' | `lane.${LaneId}`;

export interface Orders {
  /** Undefined when nothing is ordered, or it has lifted itself. */
  of(ordered: Ordered): Order | undefined;
  /** On disk with its audit when it resolves; then it holds. `undefined` lifts it. */
  set(ordered: Ordered, order: Pick<Order, 'what' | 'untilAt'> | undefined, act: Act): Promise<void>;
  /** Writes the audit of an action that leaves no order. */
  note(act: Act): Promise<void>;
  /** Called when an order was given or lifted. */
  onChange(listener: () => void): void;
}

const prefix = 'order.';

export function createOrders({
  store,
  audit,
  clock,
}: {
  readonly store: Store;
  readonly audit: AuditWriter;
  readonly clock: Pick<Clock, 'now'>;
}): Orders {
  const orders = new Map<string, Order>();
  const listeners: (() => void)[] = [];
  for (const { key, value } of store.scan('meta', []))
    if (key[0].startsWith(prefix)) orders.set(key[0].slice(prefix.length), value as Order);

  return {
    of(ordered) {
      const order = orders.get(ordered);
      return order?.untilAt !== undefined && order.untilAt <= clock.now() ? undefined : order;
    },

    async set(ordered, given, act) {
      const at = clock.now();
      const order = given && { ...given, by: act.operator, reason: act.reason, at };
      const key = prefix + ordered;
      await store.write((tx) => {
        if (order === undefined) tx.remove('meta', key);
        else tx.put('meta', [key], order);
        audit.note(tx, at, act);
      });
      if (order === undefined) orders.delete(ordered);
      else orders.set(ordered, order);
      for (const listener of listeners) listener();
    },

    note: (act) => store.write((tx) => audit.note(tx, clock.now(), act)),
    onChange: (listener) => void listeners.push(listener),
  };
}
