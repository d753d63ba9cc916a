// A pace for bulk bytes, so that proving keeps the disk and the line.
import type { Clock } from '../../clock.js';
import { pause } from '../../pause.js';

export interface PaceParameters {
  readonly clock: Pick<Clock, 'steady' | 'wakeIn'>;
  readonly bytesPerSecond: number;
  /** Ends the waits: what comes then comes without a pace. */
  readonly signal: AbortSignal;
}

/** Resolves when so many bytes more may come. */
export type Pace = (bytes: number) => Promise<void>;

/** A wait that is shorter than this is left for later (ms). */
const leastPauseMs = 20;

/** Time in which nothing came is not made up for. */
export function paceOf({ clock, bytesPerSecond, signal }: PaceParameters): Pace {
  let dueAt = clock.steady();
  return async (bytes) => {
    dueAt = Math.max(dueAt, clock.steady()) + (bytes / bytesPerSecond) * 1_000;
    const aheadMs = dueAt - clock.steady();
    if (aheadMs >= leastPauseMs) await pause(clock, aheadMs, signal);
  };
}
