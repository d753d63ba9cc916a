// The only place that reads the time or sets a timer. Everything else is handed a Clock, so tests can own time. There are two kinds
// of time: the wall clock, which may be set at any moment, and running time, which only passes.

/** Milliseconds since the Unix epoch, by the wall clock. */
export type EpochMs = number;

/** Milliseconds of running time since some moment before. Only differences mean anything, and only within one process. */
export type SteadyMs = number;

export interface Clock {
  /** The wall clock: for what is recorded, and for moments that others have named. Two readings are no duration. */
  now(): EpochMs;
  /** Never set, never backwards. It rests while the machine is suspended. For durations, pauses, time limits. */
  steady(): SteadyMs;
  /**
   * Calls `wake` once, never before the wall clock shows `at` and never synchronously; as soon as possible then, and within a minute of
   * running time when the clock was set or the machine was suspended. Returns a function that cancels it.
   */
  wakeAt(at: EpochMs, wake: () => void): () => void;
  /** Calls `wake` once when `ms` of running time have passed, never synchronously. Returns a function that cancels it. */
  wakeIn(ms: number, wake: () => void): () => void;
  /** Resolves in the next turn of the loop: long work lets everything else go first. */
  turn(): Promise<void>;
}

/** setTimeout wraps above 2^31 − 1 ms (24.8 days) and would fire at once. A longer wait is made of several. */
const maxTimerMs = 2 ** 31 - 1;

/** No system timer reports that the wall clock was set. A wait for one of its moments therefore reads it this often (ms). */
export const lookAgainMs = 60_000;

/** `wakeAt`, made of the other three. */
export function wakeAtBy({ now, wakeIn }: Pick<Clock, 'now' | 'wakeIn'>, at: EpochMs, wake: () => void): () => void {
  let cancel = () => {};
  const arm = () => {
    cancel = wakeIn(Math.min(lookAgainMs, Math.max(0, at - now())), () => (now() < at ? arm() : wake()));
  };
  arm();
  return () => cancel();
}

function clockOf({ holdsProcess }: { holdsProcess: boolean }): Clock {
  const now = () => Date.now();
  const steady = () => performance.now();
  function wakeIn(ms: number, wake: () => void) {
    const due = steady() + ms;
    let timer: NodeJS.Timeout | undefined;
    const arm = () => {
      // Whole milliseconds, rounded up: setTimeout cuts the fraction off and would be early by it.
      const remainingMs = Math.max(0, Math.ceil(due - steady()));
      const fire = () => (steady() < due ? arm() : wake());
      timer = setTimeout(fire, Math.min(remainingMs, maxTimerMs));
      if (!holdsProcess) timer.unref();
    };
    arm();
    return () => clearTimeout(timer);
  }
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  return { now, steady, wakeIn, turn, wakeAt: (at, wake) => wakeAtBy({ now, wakeIn }, at, wake) };
}

/** The service's: a waiting deadline alone must not keep a stopping process alive. */
export const systemClock = clockOf({ holdsProcess: false });

/** A client's: between two polls only a timer keeps the process alive that waits for a proof. */
export const holdingClock = clockOf({ holdsProcess: true });
