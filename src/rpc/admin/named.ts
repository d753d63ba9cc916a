// Which one is meant by some digits of its id: people read the last ones in tables, and have the first ones from logs.
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';

export interface Named<Id extends string, View> {
  /** For the sentence: `a request's id`. */
  readonly whose: string;
  /** So many it has. */
  readonly digitsOfId: number;
  readonly byDigits: (digits: string, limit: number) => Promise<readonly Id[]>;
  readonly viewOf: (id: Id) => View | undefined;
  readonly unknown: 'REQUEST_UNKNOWN' | 'DELIVERY_UNKNOWN' | 'SIGNER_UNKNOWN';
}

const leastDigits = 6;
/** So many of them are named when several fit. */
const mostCandidates = 5;

/** Throws NOT_UNDERSTOOD, AMBIGUOUS_ID, and what it says of one that is not there. */
export async function named<Id extends string, View>(
  text: string,
  { whose, digitsOfId, byDigits, viewOf, unknown }: Named<Id, View>,
): Promise<View> {
  // As tables show them, too: …3fa94c21.
  const digits = text.toLowerCase().replace(/^(0x|…)/, '');
  if (!/^[0-9a-f]+$/.test(digits) || digits.length < leastDigits || digits.length > digitsOfId)
    throw new FailureError(
      fail('NOT_UNDERSTOOD', {
        field: 'id',
        problem: `give all ${digitsOfId} hex digits of ${whose}, the first 8 or more, or the last ${leastDigits} or more`,
      }),
    );
  const candidates = digits.length === digitsOfId ? [digits as Id] : await byDigits(digits, mostCandidates);
  const [first, ...others] = candidates;
  if (others.length > 0) throw new FailureError(fail('AMBIGUOUS_ID', { digits, candidates }));
  const view = first === undefined ? undefined : viewOf(first);
  if (view === undefined) throw new FailureError(fail(unknown, { digits }));
  return view;
}
