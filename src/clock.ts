// The only place that reads the time or sets a timer. Everything else is handed a Clock, so tests can own time.

/** Milliseconds since the Unix epoch. */
export type EpochMs = number;

export interface Clock {
  now(): EpochMs;
  /** Calls `wake` once at `at` or as soon after as possible, never synchronously. Returns a function that cancels it. */
  wakeAt(at: EpochMs, wake: () => void): () => void;
}

/** setTimeout wraps above 2^31 − 1 ms (24.8 days) and would fire at once; a longer wait is made of several. */
const longestTimerMs = 2 ** 31 - 1;

const clockOf = ({ holdsProcess }: { holdsProcess: boolean }): Clock => ({
  now: () => Date.now(),
  wakeAt(at, wake) {
    let timer: NodeJS.Timeout | undefined;
    const arm = () => {
      const remainingMs = at - Date.now();
      timer =
        remainingMs > longestTimerMs ? setTimeout(arm, longestTimerMs) : setTimeout(wake, Math.max(0, remainingMs));
      if (!holdsProcess) timer.unref();
    };
    arm();
    return () => clearTimeout(timer);
  },
});

/** The service's: a waiting deadline alone must not keep a stopping process alive. */
export const systemClock = clockOf({ holdsProcess: false });

/** A client's: between two polls a timer is all that keeps the process alive in which somebody waits for a proof. */
export const holdingClock = clockOf({ holdsProcess: true });
