// The open deliveries as they are on disk: how many in which state, and since when each has a report to make.
import type { Clock, SteadyMs } from '../clock.js';
import type { RequestId } from '../ids.js';
import { type DeliveryState, type DeliveryView, hasDeliveryEnded } from '../machines/delivery/view.js';
import type { Store } from '../store/environment.js';
import { Tally } from '../tally.js';

/** Since when a report is on disk. */
interface Owed {
  /** Epoch ms. */
  readonly at: number;
  /** Unknown of one that an earlier life of the service has made. */
  readonly steadyAt: SteadyMs | undefined;
}

export interface OpenDeliveries {
  /** It is on disk so. Answers for how long there has been a report to make (ms), if that began in this life. */
  note(view: DeliveryView): number | undefined;
  /** One that lay on the disk when the service began. */
  noteRestored(view: DeliveryView): void;
  readonly size: number;
  /** In the order in which they came. */
  views(): readonly DeliveryView[];
  /** Whether another one tells of this request. */
  hasOf(localId: RequestId): boolean;
  counts(): ReadonlyMap<DeliveryState, number>;
  /** Reports that the network does not have, and since when it lacks the oldest of them (epoch ms). */
  owed(): { readonly count: number; readonly oldestAt: number | undefined };
}

export function createOpenDeliveries({
  store,
  clock,
}: {
  readonly store: Pick<Store, 'scan'>;
  readonly clock: Pick<Clock, 'steady'>;
}): OpenDeliveries {
  const open = new Map<RequestId, DeliveryView>();
  const perState = new Tally<DeliveryState>();
  /** How many tell of a request here. */
  const perRequest = new Tally<RequestId>();
  const owed = new Map<RequestId, Owed>();

  /** It is `pending` with its report for the first time, and again after each try. */
  function firstPendingAt({ updatedAt, context: { networkId, tries } }: DeliveryView): number {
    if (tries === 0) return updatedAt;
    for (const { value } of store.scan('deliveryJournal', [networkId])) if (value.to === 'pending') return value.at;
    return updatedAt;
  }

  function count({ state, context: { localId } }: DeliveryView, by: number): void {
    perState.add(state, by);
    if (localId !== null) perRequest.add(localId, by);
  }

  function put(networkId: RequestId, view: DeliveryView | undefined): void {
    const before = open.get(networkId);
    if (before !== undefined) count(before, -1);
    if (view !== undefined) count(view, 1);
    if (view === undefined) open.delete(networkId);
    else open.set(networkId, view);
  }

  return {
    note(view) {
      const { networkId, report } = view.context;
      const before = owed.get(networkId);
      const now = clock.steady();
      if (hasDeliveryEnded(view)) {
        put(networkId, undefined);
        owed.delete(networkId);
      } else {
        put(networkId, view);
        if (report !== null && before === undefined) owed.set(networkId, { at: view.updatedAt, steadyAt: now });
      }
      return before?.steadyAt === undefined ? undefined : now - before.steadyAt;
    },
    noteRestored(view) {
      const { networkId, report } = view.context;
      put(networkId, view);
      if (report !== null) owed.set(networkId, { at: firstPendingAt(view), steadyAt: undefined });
    },
    get size() {
      return open.size;
    },
    views: () => [...open.values()],
    hasOf: (localId) => perRequest.of(localId) > 0,
    counts: () => new Map(perState.entries()),
    owed() {
      let oldestAt: number | undefined;
      for (const { at } of owed.values()) if (oldestAt === undefined || at < oldestAt) oldestAt = at;
      return { count: owed.size, oldestAt };
    },
  };
}
