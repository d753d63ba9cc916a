// A walk over many things in memory that does not hold the loop.
import type { Clock } from './clock.js';

/** Of about a microsecond each: two milliseconds, for which all other calls wait. */
const seenInTurn = 2_000;

/** Calls `see` with each, and lets the loop turn in between. What joins or leaves meanwhile may be among them or not. */
export async function inTurns<T>(all: Iterable<T>, clock: Pick<Clock, 'turn'>, see: (each: T) => void): Promise<void> {
  let seen = 0;
  for (const each of all) {
    see(each);
    seen += 1;
    if (seen % seenInTurn === 0) await clock.turn();
  }
}
