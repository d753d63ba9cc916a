// Receives a body for as long as its client goes on sending it.
import type { Clock } from '../../clock.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { ArtifactId } from '../../ids.js';
import type { Exchange } from '../../transport/http/exchange.js';
import { watchProgress } from '../../transport/http/stalled.js';

/** `work` gets a signal that fires when the client goes away or falls asleep. Rejects as it does, and with ARTIFACT_INCOMPLETE. */
export async function whileMoving<T>(
  exchange: Exchange,
  { clock, artifactId }: { readonly clock: Clock; readonly artifactId: ArtifactId },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const startBytes = exchange.receivedBytes();
  const stalled = new AbortController();
  const isClientsTurn = () => exchange.body.readableLength === 0 && !exchange.body.readableEnded;
  const stopWatching = watchProgress(clock, { movedBytes: exchange.receivedBytes, isClientsTurn }, () =>
    stalled.abort(),
  );
  try {
    return await work(AbortSignal.any([exchange.signal, stalled.signal]));
  } catch (thrown) {
    if (!stalled.signal.aborted) throw thrown;
    const receivedBytes = exchange.receivedBytes() - startBytes;
    throw new FailureError(fail('ARTIFACT_INCOMPLETE', { artifactId, receivedBytes }), { cause: thrown });
  } finally {
    stopWatching();
  }
}

/** Of the body as sent, by the client's own word. */
export function announcedBytesOf({ headers }: Exchange): number | undefined {
  const announced = headers['content-length'];
  return announced === undefined ? undefined : Number(announced);
}
