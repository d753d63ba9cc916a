// Work that is waited for so long and no longer. It goes on all the same.
import type { Clock } from './clock.js';

/** Resolves when the work has, or after `ms`. Rejects as the work does, before that. */
export function within(clock: Pick<Clock, 'wakeIn'>, ms: number, work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.wakeIn(ms, resolve);
    work.finally(cancel).then(resolve, reject);
  });
}
