// The refusal of a request for one of its fields.
import { fail } from './fail.js';
import { FailureError } from './failureError.js';

/** `problem`: a clause about the field, for who wrote it. */
export const malformed = (field: string, problem: string, options?: ErrorOptions): FailureError =>
  new FailureError(fail('MALFORMED_REQUEST', { field, problem }), options);
