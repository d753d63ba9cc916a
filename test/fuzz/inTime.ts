// Waits, but not for ever: a service that hangs must not hang what watches it.
import { holdingClock } from '../../src/clock.js';

/** Rejects with `problem` when the work is not done by then. The work itself goes on. */
export function inTime<T>(work: Promise<T>, withinMs: number, problem: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = holdingClock.wakeIn(withinMs, () => reject(new Error(problem)));
    work.then(resolve, reject).finally(cancel);
  });
}
