// Ends transfers that a client has let fall asleep. Total time is not limited: a large upload over a slow line may take hours.
import type { Clock } from '../../clock.js';

/** A client that moves less than `leastBytes` in this time is gone or means harm (ms). */
const windowMs = 30_000;
/** Half a kilobyte a second: slower than any line a prover's client has, and too slow to hold a slot for nothing. */
const leastBytes = 16 * 1024;

/**
 * Calls `onStalled` once when, over a whole window after the first, fewer than `leastBytes` have moved while `isClientsTurn` says at its end that we
 * wait for the client and not it for us. Returns the function that stops watching.
 */
export function watchProgress(
  clock: Clock,
  { movedBytes, isClientsTurn }: { movedBytes: () => number; isClientsTurn: () => boolean },
  onStalled: () => void,
): () => void {
  // The first window is given for the headers: what came with them was not counted.
  let lastBytes = Number.NEGATIVE_INFINITY;
  let cancel = clock.wakeAt(clock.now() + windowMs, check);
  return () => cancel();

  function check(): void {
    const bytes = movedBytes();
    const isStalled = isClientsTurn() && bytes - lastBytes < leastBytes;
    lastBytes = bytes;
    if (isStalled) onStalled();
    else cancel = clock.wakeAt(clock.now() + windowMs, check);
  }
}
