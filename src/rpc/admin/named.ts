// Which one is meant by some digits of its id: people read the last ones in tables, and have the first ones from logs.
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { parseRequestId, type RequestId } from '../../ids.js';

export interface Named<View> {
  /** For the sentence: `a request's id`. */
  readonly whose: string;
  readonly byDigits: (digits: string, limit: number) => Promise<readonly RequestId[]>;
  readonly viewOf: (id: RequestId) => View | undefined;
  readonly unknown: 'REQUEST_UNKNOWN' | 'DELIVERY_UNKNOWN';
}

const leastDigits = 6;
/** So many of them are named when several fit. */
const mostCandidates = 5;

/** Throws NOT_UNDERSTOOD, AMBIGUOUS_ID, and what it says of one that is not there. */
export async function named<View>(text: string, { whose, byDigits, viewOf, unknown }: Named<View>): Promise<View> {
  const whole = parseRequestId(text);
  // As tables show them, too: …3fa94c21.
  const digits = whole ?? text.toLowerCase().replace(/^(0x|…)/, '');
  if (!/^[0-9a-f]{6,64}$/.test(digits))
    throw new FailureError(
      fail('NOT_UNDERSTOOD', {
        field: 'id',
        problem: `give all 64 hex digits of ${whose}, the first 8 or more, or the last ${leastDigits} or more`,
      }),
    );
  const candidates = whole === undefined ? await byDigits(digits, mostCandidates) : [whole];
  const [first, ...others] = candidates;
  if (others.length > 0) throw new FailureError(fail('AMBIGUOUS_ID', { digits, candidates }));
  const view = first && viewOf(first);
  if (view === undefined) throw new FailureError(fail(unknown, { digits }));
  return view;
}
