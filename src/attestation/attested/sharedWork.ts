// Work that several callers wait for at once and that is done once: who leaves does not end it for the others.

export type SharedWork<T> = (signal: AbortSignal) => Promise<T>;

/** Rejects as `work` does, and with the reason of the caller's own signal. */
export function sharedWork<T>(work: () => Promise<T>): SharedWork<T> {
  let running: Promise<T> | undefined;
  return (signal) => {
    running ??= work().finally(() => {
      running = undefined;
    });
    return untilAborted(running, signal);
  };
}

export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason instanceof Error ? signal.reason : new Error('interrupted'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
