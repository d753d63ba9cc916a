// What an attested connection is refused with, as a failure that a client understands: one that passes is tried again, and a refusal is not.

import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { NotReached } from '../check/target/askTarget.js';
import { AttestationRefused } from './refusal.js';

/** Throws. */
export function asFailure(error: unknown): never {
  if (error instanceof AttestationRefused) {
    const { code: reason, detail } = error;
    throw new FailureError(fail('ATTESTATION_REFUSED', { reason, detail }), { cause: error });
  }
  if (error instanceof NotReached) {
    const problem = `${error.code}, ${error.message.replace(/\.$/, '')}`;
    throw new FailureError(fail('UPSTREAM_UNREACHABLE', { problem }), { cause: error });
  }
  throw error;
}
