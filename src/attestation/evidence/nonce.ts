// The nonce that a client wants quoted, as header or query have it.
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { fromHex } from '../verify/bytes.js';

export const nonceHeader = 'attestation-nonce';

const nonceBytes = 32;

/** Of a header that was sent twice Node makes one, with a comma. Throws NONCE_MALFORMED. */
export function parseNonce(text: string | readonly string[]): Uint8Array {
  const nonce = typeof text === 'string' ? fromHex(text, nonceBytes) : undefined;
  if (nonce === undefined) throw new FailureError(fail('NONCE_MALFORMED'));
  return nonce;
}
