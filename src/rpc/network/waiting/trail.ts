// What one client has done last, as far as it tells whether it waits: one request, and how regularly it has asked for it.
import type { EpochMs } from '../../../clock.js';
import type { RequestId } from '../../../ids.js';

export class Trail {
  #requestId: RequestId | undefined;
  #calls = 0;
  #regularGaps = 0;
  #answeredAt: EpochMs | undefined;
  /** When the next call of somebody else came after its last answer; undefined while none has. */
  followedAt: EpochMs | undefined;

  /** Gaps in a row, up to now, that were those of a wait loop. */
  get regularGaps(): number {
    return this.#regularGaps;
  }

  /** When its last call was answered; undefined while it is not, and when it failed. */
  get answeredAt(): EpochMs | undefined {
    return this.#answeredAt;
  }

  /** Answers the number of this call. */
  heard(requestId: RequestId | undefined, isRegular: boolean): number {
    const continues = isRegular && requestId !== undefined && requestId === this.#requestId;
    this.#regularGaps = continues ? this.#regularGaps + 1 : 0;
    this.#requestId = requestId;
    this.#answeredAt = undefined;
    this.followedAt = undefined;
    this.#calls += 1;
    return this.#calls;
  }

  /** Does nothing when there was another call since: they overlap, and no gap is between them. */
  answered(call: number, at: EpochMs): void {
    if (call === this.#calls) this.#answeredAt = at;
  }
}
