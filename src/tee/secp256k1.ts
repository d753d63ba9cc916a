// The curve that Ethereum signs with, as far as TEE proofs need it.
import { createRequire } from 'node:module';
import { keccak_256 } from '@noble/hashes/sha3';
import type { Address } from '../ids.js';

interface Secp256k1 {
  privateKeyVerify(privateKey: Uint8Array): boolean;
  publicKeyCreate(privateKey: Uint8Array, compressed: boolean): Uint8Array;
  /** s is low, and the nonce is that of RFC 6979. */
  ecdsaSign(digest: Uint8Array, privateKey: Uint8Array): { signature: Uint8Array; recid: number };
  ecdsaRecover(signature: Uint8Array, recoveryId: number, digest: Uint8Array, compressed: boolean): Uint8Array;
}

// Without a native build it is JavaScript: milliseconds a signature, and the same bytes.
export const secp256k1 = createRequire(import.meta.url)('secp256k1') as Secp256k1;

/** `publicKey`: 65 bytes, uncompressed. */
export const addressOf = (publicKey: Uint8Array): Address =>
  Buffer.from(keccak_256(publicKey.subarray(1)).subarray(12)).toString('hex') as Address;
