// Waiting that can be given up, and abort signals joined for the length of one call.
import type { Clock } from '../clock.js';
import { clientError } from './errors.js';

/** Throws ABORTED when the signal has fired. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw clientError('ABORTED', {}, { cause: signal.reason });
}

/** Resolves after `waitMs`. Rejects with ABORTED as soon as the signal fires. */
export function sleep(clock: Clock, waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(clientError('ABORTED', {}, { cause: signal.reason }));
    const onAbort = () => {
      cancel();
      reject(clientError('ABORTED', {}, { cause: signal.reason }));
    };
    const cancel = clock.wakeIn(waitMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * A signal that fires with the first of `signals`, and the function that takes its listeners off again. AbortSignal.any keeps
 * them for the life of the longest signal, and a client's signal lasts for thousands of polls.
 */
export function joinSignals(signals: readonly (AbortSignal | undefined)[]): { signal: AbortSignal; leave: () => void } {
  const present = signals.filter((signal) => signal !== undefined);
  const controller = new AbortController();
  const listeners = present.map((signal) => {
    const onAbort = () => controller.abort(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    return () => signal.removeEventListener('abort', onAbort);
  });
  return {
    signal: controller.signal,
    leave: () => {
      for (const remove of listeners) remove();
    },
  };
}
