// Several connections of one address may be several clients, or one that asks by each of them in turn. The latter sleeps only once in
// its round: all its other calls come right after our answer or right before its next poll, within what the gap is longer than its
// sleep. Calls in the middle of the sleep are somebody else's.
import type { EpochMs } from '../../../clock.js';
import type { Trail } from './trail.js';

/** Times are whole milliseconds, and a sleep ends up to 2 ms late. Wrong if clients of one busy host are seldom held: then it is too large. */
const slackMs = 5;

export class Neighbours {
  #last: { readonly connection: Trail; readonly at: EpochMs } | undefined;
  /** The last call that did not come by the connection of `#last`. */
  #beforeAt: EpochMs | undefined;
  /** Connections after whose answer nobody else has called yet. */
  readonly #unfollowed = new Set<Trail>();

  /**
   * A call has come. Answers whether its connection is a client of its own, as far as the gap before it tells; `awakeMs` is how much
   * of that gap its client was not asleep. To be asked before the trail hears of the call.
   */
  arrived(connection: Trail, at: EpochMs, awakeMs: number): boolean {
    if (this.#last?.connection !== connection) this.#beforeAt = this.#last?.at;
    this.#last = { connection, at };
    for (const other of this.#unfollowed) if (other !== connection) other.followedAt = at;
    this.#unfollowed.clear();
    const nearMs = awakeMs + slackMs;
    const { answeredAt, followedAt } = connection;
    const isPreceded = this.#beforeAt !== undefined && at - this.#beforeAt <= nearMs;
    const isFollowed = answeredAt !== undefined && followedAt !== undefined && followedAt - answeredAt <= nearMs;
    return !isPreceded && !isFollowed;
  }

  answered(connection: Trail): void {
    this.#unfollowed.add(connection);
  }
}
