// Which request is meant by some digits of its id: people read the last ones in tables, and have the first ones from logs.
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { parseRequestId } from '../../ids.js';
import type { RequestView } from '../../machines/request/view.js';
import type { AdminDependencies } from './dependencies.js';

const leastDigits = 6;
/** So many of them are named when several fit. */
const mostCandidates = 5;

/** Throws NOT_UNDERSTOOD, REQUEST_UNKNOWN, AMBIGUOUS_ID. */
export async function requestNamed(
  text: string,
  { browse, registry }: Pick<AdminDependencies, 'browse' | 'registry'>,
): Promise<RequestView> {
  const whole = parseRequestId(text);
  // As tables show them, too: …3fa94c21.
  const digits = whole ?? text.toLowerCase().replace(/^(0x|…)/, '');
  if (!/^[0-9a-f]{6,64}$/.test(digits))
    throw new FailureError(
      fail('NOT_UNDERSTOOD', {
        field: 'id',
        problem: `give all 64 hex digits of a request's id, the first 8 or more, or the last ${leastDigits} or more`,
      }),
    );
  const candidates = whole === undefined ? await browse.byDigits(digits, mostCandidates) : [whole];
  const [first, ...others] = candidates;
  if (others.length > 0) throw new FailureError(fail('AMBIGUOUS_ID', { digits, candidates }));
  const view = first && registry.view(first);
  if (view === undefined) throw new FailureError(fail('REQUEST_UNKNOWN', { digits }));
  return view;
}
