// A clock whose waits are over at once.
import { type Clock, holdingClock } from '../../clock.js';

/** Real time without waits: a client that retries against a scripted answer needs no real seconds. */
export const impatientClock: Clock = {
  now: holdingClock.now,
  steady: holdingClock.steady,
  turn: holdingClock.turn,
  wakeAt: (_at, wake) => soon(wake),
  wakeIn: (_ms, wake) => soon(wake),
};

function soon(wake: () => void): () => void {
  const immediate = setImmediate(wake);
  return () => clearImmediate(immediate);
}
