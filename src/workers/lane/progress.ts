// Thins an engine's progress out to what a person can see.
import type { Clock } from '../../clock.js';
import type { Progress } from '../../engines/jobs.js';

/** Shortest time between two messages about one stage: a person does not see more, and the main loop has better things to do. */
export const progressIntervalMs = 100;

/** Passes on the first progress of every stage, and of the others at most one per interval. What is dropped is gone. */
export function thinnedProgress(clock: Clock, tell: (progress: Progress) => void): (progress: Progress) => void {
  let last: { readonly stage: Progress['stage']; readonly at: number } | undefined;
  return (progress) => {
    const at = clock.steady();
    if (last?.stage === progress.stage && at - last.at < progressIntervalMs) return;
    last = { stage: progress.stage, at };
    tell(progress);
  };
}
