// Who signed, by the network's own reckoning: EIP-191, secp256k1. Not the service's code, so that both would have to be wrong alike.
import { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';
import { keccak_256 } from '@noble/hashes/sha3';
import type { Address } from '../../ids.js';

interface Secp256k1 {
  ecdsaRecover(signature: Uint8Array, recid: number, digest: Uint8Array, compressed: boolean): Uint8Array;
}
const secp256k1 = createRequire(import.meta.url)('secp256k1') as Secp256k1;

/** `offsets`: what may have been added to the parity. Undefined when nothing can be recovered. */
export function recover(message: Uint8Array, signature: Uint8Array, offsets: readonly number[]): Address | undefined {
  const v = signature.at(64) ?? 0;
  const offset = offsets.find((each) => v === each || v === each + 1);
  if (signature.byteLength !== 65 || offset === undefined) return undefined;
  const prefix = Buffer.from(`\x19Ethereum Signed Message:\n${message.byteLength}`);
  const digest = keccak_256(Buffer.concat([prefix, message]));
  try {
    const key = secp256k1.ecdsaRecover(new Uint8Array(signature.subarray(0, 64)), v - offset, digest, false);
    return Buffer.from(keccak_256(key.subarray(1)).subarray(12)).toString('hex') as Address;
  } catch {
    return undefined;
  }
}
