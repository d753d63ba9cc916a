// The key for sealed bodies of an attested target: that of the last look, and of another look where the target does not know it any more.
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { fromHex } from '../verify/bytes.js';
import { asFailure } from './asFailure.js';
import type { AttestedConnections } from './connections.js';

export interface BodyKeys {
  /** The one that is attested now. Both reject as FailureError, or with the reason of `signal`. */
  bodyKey(signal: AbortSignal): Promise<Uint8Array>;
  /** By a look that is made now. */
  lookAgain(signal: AbortSignal): Promise<Uint8Array>;
}

/** `last`: of the last look, in hex. */
export function createBodyKeys(
  connections: Pick<AttestedConnections, 'attest'>,
  last: () => string | undefined,
): BodyKeys {
  const bytesOf = (hex: string | undefined): Uint8Array => {
    const key = fromHex(hex ?? '', 32);
    if (key !== undefined) return key;
    const detail = 'It shows no key for sealed bodies.';
    throw new FailureError(fail('ATTESTATION_REFUSED', { reason: 'BODY_KEY_WRONG', detail }));
  };
  const lookAgain = async (signal: AbortSignal) => bytesOf((await connections.attest(signal).catch(asFailure)).bodyKey);
  return {
    lookAgain,
    bodyKey: async (signal) => (last() === undefined ? await lookAgain(signal) : bytesOf(last())),
  };
}
