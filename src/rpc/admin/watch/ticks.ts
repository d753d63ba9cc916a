// Waits of the same length that end together: those who look at the same moment see the same.
import type { Clock } from '../../../clock.js';

/** Resolves at the end of the wait of `ms` that is under way, or begins one. At once when the signal fires. */
export type Ticks = (ms: number, signal: AbortSignal) => Promise<void>;

interface Tick {
  readonly waiting: Set<() => void>;
  readonly cancel: () => void;
}

export function createTicks(clock: Pick<Clock, 'wakeIn'>): Ticks {
  const ticks = new Map<number, Tick>();

  function begin(ms: number): Tick {
    const waiting = new Set<() => void>();
    const cancel = clock.wakeIn(ms, () => {
      ticks.delete(ms);
      for (const wake of waiting) wake();
    });
    const tick = { waiting, cancel };
    ticks.set(ms, tick);
    return tick;
  }

  return (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const tick = ticks.get(ms) ?? begin(ms);
      const wake = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        tick.waiting.delete(wake);
        if (tick.waiting.size === 0 && ticks.get(ms) === tick) {
          ticks.delete(ms);
          tick.cancel();
        }
        resolve();
      };
      tick.waiting.add(wake);
      signal.addEventListener('abort', leave, { once: true });
    });
}
