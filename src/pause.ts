// A wait that a signal ends.
import type { Clock } from './clock.js';

/** Resolves after `ms`, or as soon as the signal fires, and lets go of the signal: a wait of hours is made of many. */
export function pause(clock: Pick<Clock, 'wakeIn'>, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.wakeIn(ms, end);
    signal.addEventListener('abort', end, { once: true });
  });
}
