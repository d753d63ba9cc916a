// Ends the work on a request whose proof the network does not want from here any more. Where it has another, that is taken first.
import type { Failure } from '../failures/catalog.js';
import type { RequestId } from '../ids.js';
import { isTerminal } from '../machines/request/view.js';
import type { Registry } from '../requests/registry.js';
import type { NetworkProofs } from './networkProofs.js';

export interface StopWork {
  stop(localId: RequestId, why: Failure): void;
  /** Resolves when the end that is under way is durable. */
  ended(localId: RequestId): Promise<unknown>;
}

export function createStopWork({
  registry,
  proofs,
}: {
  readonly registry: Pick<Registry, 'view' | 'giveUp'>;
  readonly proofs: Pick<NetworkProofs, 'take'>;
}): StopWork {
  /** Until it is durable. */
  const ending = new Map<RequestId, Promise<unknown>>();

  function end(localId: RequestId, why: Failure): void {
    // Refused while the service starts, which looks again when it has, and when it stops, as the next one does.
    const ended = registry.giveUp(localId, why).then(
      () => ending.delete(localId),
      () => ending.delete(localId),
    );
    ending.set(localId, ended);
  }

  return {
    stop(localId, why) {
      const view = registry.view(localId);
      if (view === undefined || isTerminal(view)) return;
      if (why.code === 'PROVED_ELSEWHERE') proofs.take(localId, () => end(localId, why));
      else end(localId, why);
    },
    ended: async (localId) => ending.get(localId),
  };
}
