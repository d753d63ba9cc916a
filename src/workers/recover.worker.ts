// Recovers signers. Native secp256k1 by its own path: the package's index silently falls back to JavaScript, 20 times slower.
import { createRequire } from 'node:module';
import type { Address } from '../ids.js';
import { type Signed, unpackSigned } from './recover/batch.js';
import { keccak256 } from './recover/keccak256.js';

interface Secp256k1 {
  ecdsaRecover(signature: Uint8Array, recoveryId: number, message: Uint8Array, compressed: boolean): Uint8Array;
}
const secp256k1 = createRequire(import.meta.url)('secp256k1/bindings.js') as Secp256k1;

/**
 * v in all forms that clients send: 0/1, 27/28, and 54/55 (the SDK adds 27 twice on CreateArtifact). A generic EIP-155 rule would
 * read 54/55 with the parity inverted and recover a stranger (reference: sp1-sdk network/client.rs).
 */
function recoveryIdOf(v: number): number | undefined {
  if (v === 0 || v === 1) return v;
  if (v === 27 || v === 28) return v - 27;
  if (v === 54 || v === 55) return v - 54;
  return undefined;
}

/** EIP-191 personal message. */
export function recoverAddress({ message, signature }: Signed): Address | null {
  const recoveryId = signature.byteLength === 65 ? recoveryIdOf(signature[64] ?? -1) : undefined;
  if (recoveryId === undefined) return null;
  const prefix = Buffer.from(`\x19Ethereum Signed Message:\n${message.byteLength}`);
  const digest = keccak256(Buffer.concat([prefix, message]));
  try {
    const publicKey = secp256k1.ecdsaRecover(new Uint8Array(signature.subarray(0, 64)), recoveryId, digest, false);
    return Buffer.from(keccak256(publicKey.subarray(1)).subarray(12)).toString('hex') as Address;
  } catch {
    // The only failure it has: these bytes are not a signature.
    return null;
  }
}

export default (packed: Uint8Array): Array<Address | null> => unpackSigned(packed).map(recoverAddress);
