// The one place with private keys of the enclave: in memory, behind a handle. Nothing here writes, logs or returns one.
import { createRequire } from 'node:module';
import type { Address, SignerId } from '../ids.js';
import type { Random } from '../random.js';
import { addressOf } from '../tee/secp256k1.js';

interface Secp256k1 {
  privateKeyVerify(privateKey: Uint8Array): boolean;
  publicKeyCreate(privateKey: Uint8Array, compressed: boolean): Uint8Array;
  ecdsaSign(digest: Uint8Array, privateKey: Uint8Array): { signature: Uint8Array; recid: number };
}
// The native build alone: the index falls back to JavaScript, which leaves copies of a key behind and takes a time that depends on it.
const secp256k1 = createRequire(import.meta.url)('secp256k1/bindings.js') as Secp256k1;

export interface KeyVault {
  /** Draws a key for this signer. The public key is the uncompressed one, 65 bytes. */
  create(signerId: SignerId): { readonly address: Address; readonly publicKey: Uint8Array };
  has(signerId: SignerId): boolean;
  /** `digest`: 32 bytes. Answers r ‖ s ‖ v, 65 bytes: s low, v 27 or 28, nonce by RFC 6979. Throws without a key. */
  sign(signerId: SignerId, digest: Uint8Array): Uint8Array;
  /** Overwrites the key. */
  destroy(signerId: SignerId): void;
}

export function createKeyVault(random: Random): KeyVault {
  const keys = new Map<SignerId, Uint8Array>();

  function draw(): Uint8Array {
    for (;;) {
      const key = random.bytes(32);
      // Zero and what is beyond the order of the curve are no keys: one draw in 2^128.
      if (secp256k1.privateKeyVerify(key)) return key;
    }
  }

  return {
    create(signerId) {
      if (keys.has(signerId)) throw new Error(`signer ${signerId} has a key already`);
      const key = draw();
      keys.set(signerId, key);
      const publicKey = secp256k1.publicKeyCreate(key, false);
      return { address: addressOf(publicKey), publicKey };
    },
    has: (signerId) => keys.has(signerId),
    sign(signerId, digest) {
      const key = keys.get(signerId);
      if (key === undefined) throw new Error(`signer ${signerId} has no key`);
      const { signature, recid } = secp256k1.ecdsaSign(digest, key);
      const signed = new Uint8Array(65);
      signed.set(signature);
      signed[64] = 27 + recid;
      return signed;
    },
    destroy(signerId) {
      keys.get(signerId)?.fill(0);
      keys.delete(signerId);
    },
  };
}
