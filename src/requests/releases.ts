// Goes on with requests that were set aside because their actors had failed, at an operator's word.

import type { Clock, SteadyMs } from '../clock.js';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import type { RequestId } from '../ids.js';
import type { RequestView } from '../machines/request/view.js';
import type { Orders } from '../operations/orders.js';
import type { Act } from '../store/buckets.js';
import type { RequestHost } from './kind.js';

export interface Releases {
  /** How often it was released within the last hour. */
  recent(requestId: RequestId): number;
  /** Resolves when its audit is on disk and it goes on. Fails with NOTHING_TO_DO when it is not set aside. */
  release(requestId: RequestId, act: Act): Promise<void>;
}

/** A start of the service releases all of them, so the count need not outlive it. */
const countedForMs = 3_600_000;

export function createReleases({
  host,
  setAside,
  prepare,
  orders,
  clock,
}: {
  readonly host: Pick<RequestHost, 'release' | 'view'>;
  readonly setAside: Map<RequestId, string>;
  /** As for one that is restored. */
  readonly prepare: (view: RequestView) => void;
  readonly orders: Pick<Orders, 'note'>;
  readonly clock: Pick<Clock, 'steady'>;
}): Releases {
  const times = new Map<RequestId, readonly SteadyMs[]>();
  const recentOf = (requestId: RequestId) =>
    (times.get(requestId) ?? []).filter((at) => clock.steady() - at < countedForMs);

  return {
    recent: (requestId) => recentOf(requestId).length,
    async release(requestId, act) {
      const error = setAside.get(requestId);
      // Taken out first: of two who release it, one does.
      if (error === undefined || !setAside.delete(requestId))
        throw new FailureError(fail('NOTHING_TO_DO', { action: act.action, state: 'not set aside' }));
      try {
        await orders.note(act);
      } catch (failure) {
        setAside.set(requestId, error);
        throw failure;
      }
      for (const id of times.keys()) if (recentOf(id).length === 0) times.delete(id);
      times.set(requestId, [...recentOf(requestId), clock.steady()]);
      const view = host.view(requestId);
      if (view !== undefined) prepare(view);
      await host.release(requestId);
    },
  };
}
