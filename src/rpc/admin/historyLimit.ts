// How many entries of a history one call answers.
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';

/** A request without faults has nine. */
const mostEntries = 1_000;

/** 0: as many as there may be. Throws NOT_UNDERSTOOD. */
export function historyLimit(given: number): number {
  if (given > mostEntries)
    throw new FailureError(fail('NOT_UNDERSTOOD', { field: 'limit', problem: `it is at most ${mostEntries}` }));
  return given || mostEntries;
}
