// Ends transfers that a client has let fall asleep. Total time is not limited: a large upload over a slow line may take hours.
import type { Clock } from '../../clock.js';

/** A client that moves less than this in a window is gone or means harm: slower than any line a prover's client has. */
const minBytes = 16 * 1024;
/** For uploads, whose every byte is seen as it comes: half a kilobyte a second. Slower ones would hold a slot for nothing (ms). */
const uploadWindowMs = 30_000;
/**
 * For downloads. What the system has taken counts as sent, and it takes more only when a third of its send buffer, of up to 4 MB, is
 * free: to a reader of 5 kB a second that is a standstill of four minutes and a half. A body that is cut is final to the SDK (ms).
 */
export const downloadWindowMs = 5 * 60_000;

/**
 * Calls `onStalled` once when fewer than `minBytes` have moved in a whole window after the first, and `isClientsTurn` says at its end that we
 * wait for the client and not it for us. Returns the function that stops watching.
 */
export function watchProgress(
  clock: Clock,
  {
    movedBytes,
    isClientsTurn,
    windowMs = uploadWindowMs,
  }: { movedBytes: () => number; isClientsTurn: () => boolean; windowMs?: number },
  onStalled: () => void,
): () => void {
  // The first window is given for the headers: what came with them was not counted.
  let lastBytes = Number.NEGATIVE_INFINITY;
  let cancel = clock.wakeIn(windowMs, check);
  return () => cancel();

  function check(): void {
    const bytes = movedBytes();
    const isStalled = isClientsTurn() && bytes - lastBytes < minBytes;
    lastBytes = bytes;
    if (isStalled) onStalled();
    else cancel = clock.wakeIn(windowMs, check);
  }
}
