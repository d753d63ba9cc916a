// Whose signature it is: one form of signature is taken, so that a proof has one set of bytes.
import type { Address } from '../ids.js';
import { addressOf, secp256k1 } from './secp256k1.js';

/** Half of the curve's order, in hex: each signature has a twin with the other s. */
const halfOrder = '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0';

/** Why a signature is none of ours, as the end of a sentence. Undefined for r ‖ s ‖ v with 65 bytes, s low, and v 27 or 28. */
export function signatureProblem(signature: Uint8Array): string | undefined {
  if (signature.byteLength !== 65) return `a signature has 65 bytes, not ${signature.byteLength}`;
  const v = signature[64];
  if (v !== 27 && v !== 28) return `v is 27 or 28, not ${v}`;
  if (Buffer.from(signature.subarray(32, 64)).toString('hex') > halfOrder) return 's is in the upper half of the order';
  return undefined;
}

/** `digest`: 32 bytes. Undefined where no key can have made the signature. */
export function recoverSigner(digest: Uint8Array, signature: Uint8Array): Address | undefined {
  if (signatureProblem(signature) !== undefined) return undefined;
  try {
    const recoveryId = (signature[64] as number) - 27;
    // Copies: the native module takes no view into another buffer.
    return addressOf(secp256k1.ecdsaRecover(signature.slice(0, 64), recoveryId, Uint8Array.from(digest), false));
  } catch {
    // The only failure it has: no point of the curve belongs to these bytes.
    return undefined;
  }
}
