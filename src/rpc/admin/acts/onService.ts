// Actions that are not about one request: they have no transitions to compare with.
import { fail } from '../../../failures/fail.js';
import { FailureError } from '../../../failures/failureError.js';

/** Throws NOT_UNDERSTOOD. */
export function refuseSeq(expectedSeq: number): void {
  if (expectedSeq === 0) return;
  const problem = 'only a request has a number of transitions';
  throw new FailureError(fail('NOT_UNDERSTOOD', { field: 'change.expected_seq', problem }));
}
