// Bearer tokens: who may call at all. Only their digests are kept, and those are compared in constant time.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock, EpochMs } from '../clock.js';
import { FailureError, fail } from '../errors.js';
import { parseLines } from './lines.js';

/**
 * A token that is not on the list any more is answered "try again" for this long (ms). An SDK's wait ends for good with the first
 * poll that is refused; told to try again, it reads its token anew, which its application has replaced meanwhile. A deployment
 * rotates a secret within a minute or two; were this too short, waits would be lost in every rotation.
 */
const graceMs = 5 * 60_000;

/** The call compares with each of them, 0.05 µs a token. */
const most = 1_000;
const form = 'a token (16 to 512 visible ASCII characters)';
const token = /^[\x21-\x7e]{16,512}$/;
/** The scheme is not case-sensitive (RFC 9110, section 11.1). */
const bearer = /^bearer ([\x21-\x7e]{1,512})$/i;

interface Replaced {
  readonly digest: Buffer;
  readonly at: EpochMs;
}

export class Tokens {
  #known: readonly Buffer[] = [];
  #replaced: readonly Replaced[] = [];

  constructor(private readonly clock: Clock) {}

  /** Takes a new list: a token a line, # begins a comment. Throws when a line is not one; the old list then stays. */
  replace(text: string): void {
    const known = parseLines(text, { parse: (entry) => (token.test(entry) ? digestOf(entry) : undefined), form, most });
    const at = this.clock.now();
    const gone = this.#known.map((digest) => ({ digest, at }));
    // A token that has come back is known again; the time of one that was gone already goes on.
    this.#replaced = [...gone, ...this.#replaced].filter(
      (one) => at - one.at < graceMs && !known.some((digest) => digest.equals(one.digest)),
    );
    this.#known = known;
  }

  /** Fails with TOKEN_MISSING, TOKEN_REPLACED or TOKEN_UNKNOWN. Costs one SHA-256 and a comparison with every token. */
  check(authorization: string | undefined): void {
    const [, given] = bearer.exec(authorization ?? '') ?? [];
    if (given === undefined) throw new FailureError(fail('TOKEN_MISSING'));
    const digest = digestOf(given);
    if (isAmong(this.#known, digest)) return;
    const since = this.clock.now() - graceMs;
    const replaced = this.#replaced.filter((one) => one.at > since).map((one) => one.digest);
    throw new FailureError(fail(isAmong(replaced, digest) ? 'TOKEN_REPLACED' : 'TOKEN_UNKNOWN'));
  }
}

const digestOf = (text: string) => createHash('sha256').update(text).digest();

function isAmong(digests: readonly Buffer[], wanted: Buffer): boolean {
  let found = false;
  // To the end, whether it was found or not.
  for (const digest of digests) found = timingSafeEqual(digest, wanted) || found;
  return found;
}
