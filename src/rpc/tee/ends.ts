// Those who wait for the end of a request, without a limit: one listener for all of them, and an entry each.
import type { RequestId } from '../../ids.js';
import { isTerminal, type RequestView } from '../../machines/request/view.js';
import type { Registry } from '../../requests/registry.js';

export interface Ends {
  /** The last view of a request, durably so: at once, or when it has ended. `open`: the signal has fired before. */
  of(requestId: RequestId, signal: AbortSignal): Promise<RequestView | 'unknown' | 'open'>;
  /** How many wait. */
  readonly waiting: number;
  /** Stops listening. Those who wait are told that it is open. */
  close(): void;
}

export function createEnds(registry: Pick<Registry, 'view' | 'onChange'>): Ends {
  const waiting = new Map<RequestId, Set<(end: RequestView | 'open') => void>>();
  let count = 0;
  const unsubscribe = registry.onChange((view) => {
    if (!isTerminal(view)) return;
    for (const tell of waiting.get(view.request.requestId) ?? []) tell(view);
  });

  return {
    of(requestId, signal) {
      const view = registry.view(requestId);
      if (view === undefined) return Promise.resolve('unknown');
      if (isTerminal(view)) return Promise.resolve(view);
      if (signal.aborted) return Promise.resolve('open');
      return new Promise((resolve) => {
        const others = waiting.get(requestId) ?? new Set();
        waiting.set(requestId, others);
        const tell = (end: RequestView | 'open') => {
          signal.removeEventListener('abort', giveUp);
          if (others.delete(tell)) count -= 1;
          if (others.size === 0) waiting.delete(requestId);
          resolve(end);
        };
        const giveUp = () => tell('open');
        signal.addEventListener('abort', giveUp, { once: true });
        others.add(tell);
        count += 1;
      });
    },
    get waiting() {
      return count;
    },
    close() {
      unsubscribe();
      for (const others of waiting.values()) for (const tell of others) tell('open');
    },
  };
}
