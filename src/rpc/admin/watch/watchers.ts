// Who follows the feed: so many at once, until they leave or the socket of operators is closed.
import { fail } from '../../../failures/fail.js';
import { FailureError } from '../../../failures/failureError.js';

/** Each costs at most 64 KiB, whatever it does. */
const mostWatchers = 256;

export interface Watchers {
  readonly count: number;
  /** Calls `follow` with a signal that fires when its watcher leaves or nothing is told any more. Throws WATCHERS_FULL, and DRAINING at the end. */
  admit<T>(left: AbortSignal, follow: (signal: AbortSignal) => AsyncIterable<T>): AsyncGenerator<T>;
  /** Ends all, and admits no more. */
  close(): void;
}

export function createWatchers(limit = mostWatchers): Watchers {
  const closing = new AbortController();
  let count = 0;
  return {
    get count() {
      return count;
    },
    async *admit(left, follow) {
      if (count >= limit) throw new FailureError(fail('WATCHERS_FULL', { limit }));
      count += 1;
      try {
        yield* follow(AbortSignal.any([left, closing.signal]));
      } finally {
        count -= 1;
      }
      if (closing.signal.aborted) throw new FailureError(fail('DRAINING'));
    },
    close: () => closing.abort(),
  };
}
