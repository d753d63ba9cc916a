// A clock on which nobody waits.
import { type Clock, holdingClock } from '../clock.js';

/** Real time, but nobody waits: a client that retries against a scripted answer needs no second of ours. */
export const impatientClock: Clock = {
  now: holdingClock.now,
  wakeAt: (_at, wake) => {
    const immediate = setImmediate(wake);
    return () => clearImmediate(immediate);
  },
};
