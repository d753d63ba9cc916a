// Whether the network answers: what is read from it and what is signed for it apart, because either can fail alone. One line in the log
// when that changes.
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';

export type Direction = 'reads' | 'writes';

export interface DirectionState {
  /** Whether the last call was answered. Undefined before the first. */
  readonly reachable: boolean | undefined;
  /** Epoch ms. */
  readonly lastAnswerAt: number | undefined;
}

export interface Reachability {
  /** A call has ended. `why`: what it said that was not answered. */
  note(direction: Direction, isAnswered: boolean, why?: string): void;
  readonly reads: DirectionState;
  readonly writes: DirectionState;
}

export function createReachability({ clock, log }: { clock: Pick<Clock, 'now'>; log: Log }): Reachability {
  const unasked: DirectionState = { reachable: undefined, lastAnswerAt: undefined };
  const state = { reads: unasked, writes: unasked };
  return {
    note(direction, isAnswered, why) {
      const before = state[direction];
      state[direction] = {
        reachable: isAnswered,
        lastAnswerAt: isAnswered ? clock.now() : before.lastAnswerAt,
      };
      if (before.reachable === isAnswered) return;
      if (isAnswered) log.info({ event: 'network.reachable', direction }, 'the network answers');
      else log.warn({ event: 'network.unreachable', direction, why }, 'the network does not answer');
    },
    get reads() {
      return state.reads;
    },
    get writes() {
      return state.writes;
    },
  };
}
