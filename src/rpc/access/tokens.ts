// Bearer tokens: who may call at all. Only their digests are kept, and those are compared in constant time.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock, SteadyMs } from '../../clock.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { systemRandom } from '../../random.js';
import { bearerOf, isToken } from './bearer.js';
import { parseLines } from './lines.js';

/**
 * A token that is not on the list any more is answered "try again" for this long (ms). An SDK's wait ends for good with the first
 * poll that is refused. In a retry it reads its token anew, which its application has replaced meanwhile. A deployment rotates a
 * secret within a minute or two. Wrong if waits are lost in a rotation.
 */
const graceMs = 5 * 60_000;

/** One token for each client or team. More of them need a directory. */
const most = 10_000;
const form = 'a token (16 to 512 visible ASCII characters)';

interface Known {
  readonly digest: Buffer;
  /** When it left the list; undefined while it is on it. */
  readonly replacedAt: SteadyMs | undefined;
}

export class Tokens {
  /** By the beginning of their digests. */
  #known: ReadonlyMap<string, Known> = new Map();
  /** Goes into every digest, so that the time of a look-up reveals nothing about tokens. */
  readonly #secret: Uint8Array;

  constructor(
    private readonly clock: Clock,
    random = systemRandom,
  ) {
    this.#secret = random.bytes(32);
  }

  /** Takes a new list: a token a line, # begins a comment. Throws when a line is not one; the old list then stays. */
  replace(text: string): void {
    const parse = (entry: string) => (isToken(entry) ? this.#digestOf(entry) : undefined);
    const digests = parseLines(text, { parse, form, most });
    const now = this.clock.steady();
    const known = new Map<string, Known>();
    // The time of a token that was gone already goes on; one that has come back is known again.
    for (const [key, { digest, replacedAt = now }] of this.#known)
      if (now - replacedAt < graceMs) known.set(key, { digest, replacedAt });
    for (const digest of digests) known.set(keyOf(digest), { digest, replacedAt: undefined });
    this.#known = known;
  }

  /** Fails with TOKEN_MISSING, TOKEN_REPLACED or TOKEN_UNKNOWN. Costs one SHA-256, however many tokens there are. */
  check(authorization: string | undefined): void {
    const given = bearerOf(authorization);
    if (given === undefined) throw new FailureError(fail('TOKEN_MISSING'));
    const digest = this.#digestOf(given);
    const known = this.#known.get(keyOf(digest));
    if (known === undefined || !timingSafeEqual(known.digest, digest)) throw new FailureError(fail('TOKEN_UNKNOWN'));
    if (known.replacedAt === undefined) return;
    const isRecent = this.clock.steady() - known.replacedAt < graceMs;
    throw new FailureError(fail(isRecent ? 'TOKEN_REPLACED' : 'TOKEN_UNKNOWN'));
  }

  #digestOf(text: string): Buffer {
    return createHash('sha256').update(this.#secret).update(text).digest();
  }
}

const keyOf = (digest: Buffer) => digest.toString('latin1', 0, 16);
