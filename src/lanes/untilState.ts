// Waits for a lane.
import type { Lane } from './lane.js';
import type { LaneStatus } from './scheduling.js';

/** Resolves as soon as the lane is in a state that fits, or the signal fires. */
export function untilState(
  lane: Lane,
  fits: (state: LaneStatus['state']) => boolean,
  over?: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (over?.aborted !== true && !fits(lane.status.state)) return;
      unsubscribe();
      over?.removeEventListener('abort', look);
      resolve();
    };
    const unsubscribe = lane.onChange(look);
    over?.addEventListener('abort', look, { once: true });
    look();
  });
}
