// Where every call of operators comes in, by whatever protocol and listener: who calls, and whether they may.
import { Role } from '../../../gen/admin/v1/access_pb.js';
import { type Caller, claimedBy, type Shown } from '../../connect/caller.js';

export interface Door {
  /** Throws HOST_UNKNOWN, OPERATOR_UNKNOWN, NOT_ALLOWED, CROSS_SITE or CALLS_TOO_MANY. */
  admit(shown: Shown, needed: Role): Caller;
  /** For what is given to whoever asks. Throws HOST_UNKNOWN. */
  lookIn(shown: Shown): void;
  /**
   * For what has no end, as `admit`: calls `follow` with a signal that fires when its caller leaves, or may not hear more. Throws
   * WATCHERS_FULL too.
   */
  follow<T>(
    shown: Shown,
    needed: Role,
    left: AbortSignal,
    follow: (signal: AbortSignal) => AsyncIterable<T>,
  ): AsyncGenerator<T>;
}

/** Of the socket: who can open it is the owner, with whatever name they say. */
export const ownersDoor: Door = {
  admit: claimedBy,
  lookIn: () => undefined,
  async *follow(_shown, _needed, left, follow) {
    yield* follow(left);
  },
};

/** A part of the service's surface that is no method. One that says nothing is for owners alone. */
export type Needs = Role.READ | Role.OPERATE | Role.OWN | 'anyone' | undefined;

/** Throws as `admit` does. */
export function pass(door: Door, shown: Shown, needs: Needs): void {
  if (needs === 'anyone') door.lookIn(shown);
  else door.admit(shown, needs ?? Role.OWN);
}
