// How far an operator wants to look back.
import { type Duration, durationMs } from '@bufbuild/protobuf/wkt';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';

const usualMs = 24 * 3_600_000;

/** In ms; a day unless it is said. Throws NOT_UNDERSTOOD. */
export function sinceOf(given: Duration | undefined, { mostMs }: { readonly mostMs: number }): number {
  const ms = given === undefined ? 0 : durationMs(given);
  if (ms < 0 || ms > mostMs)
    throw new FailureError(
      fail('NOT_UNDERSTOOD', { field: 'since', problem: `it is a length of time of at most ${mostMs / 3_600_000} h` }),
    );
  return ms || usualMs;
}
