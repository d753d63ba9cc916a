// Signs as the SDK does: EIP-191 over the bytes of a message, secp256k1, low s.
import { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';
import { keccak_256 } from '@noble/hashes/sha3';
import type { Address } from '../ids.js';
import { clientError } from './errors.js';

interface Secp256k1 {
  privateKeyVerify(privateKey: Uint8Array): boolean;
  publicKeyCreate(privateKey: Uint8Array, compressed: boolean): Uint8Array;
  ecdsaSign(digest: Uint8Array, privateKey: Uint8Array): { signature: Uint8Array; recid: number };
}
// The index falls back to JavaScript where there is no native build. A server must not use that. A client signs only twice a request.
const secp256k1 = createRequire(import.meta.url)('secp256k1') as Secp256k1;

export interface Signer {
  readonly address: Address;
  /** r‖s‖v with v 27 or 28. */
  sign(message: Uint8Array): Uint8Array<ArrayBuffer>;
  /** Of a message that is too long to hold: `digest` is what `sign` would make of it before it signs. */
  signDigest(digest: Uint8Array): Uint8Array<ArrayBuffer>;
  /** The constant that names the caller of CreateArtifact; v is 54 or 55 there, because the SDK adds 27 twice. */
  signArtifactCreation(): Uint8Array<ArrayBuffer>;
}

const artifactCreation = Buffer.from('create_artifact');

/** `privateKey`: 64 hex digits, with or without 0x. Throws KEY_INVALID. */
export function createSigner(privateKey: string): Signer {
  const digits = /^(?:0x)?([0-9a-fA-F]{64})$/.exec(privateKey.trim())?.[1];
  const key = digits === undefined ? undefined : new Uint8Array(Buffer.from(digits, 'hex'));
  if (key === undefined || !secp256k1.privateKeyVerify(key))
    throw clientError('KEY_INVALID', { problem: problemOf(privateKey.trim()) });
  const publicKey = secp256k1.publicKeyCreate(key, false);
  const address = Buffer.from(keccak_256(publicKey.subarray(1)).subarray(12)).toString('hex') as Address;

  function signWith(vOffset: number, message: Uint8Array): Uint8Array<ArrayBuffer> {
    const prefix = Buffer.from(`\x19Ethereum Signed Message:\n${message.byteLength}`);
    return signDigest(vOffset, keccak_256(Buffer.concat([prefix, message])));
  }
  function signDigest(vOffset: number, digest: Uint8Array): Uint8Array<ArrayBuffer> {
    const { signature, recid } = secp256k1.ecdsaSign(digest, key as Uint8Array);
    return Uint8Array.of(...signature, recid + vOffset);
  }
  return {
    address,
    sign: (message) => signWith(27, message),
    signDigest: (digest) => signDigest(27, digest),
    signArtifactCreation: () => signWith(54, artifactCreation),
  };
}

/** What was given instead, without a word of it. */
function problemOf(given: string): string {
  if (given === '') return 'it is empty.';
  if (/^-----BEGIN [A-Z ]*ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(given))
    return 'it is an encrypted PEM file. Decrypt it, and give the 32 bytes of its private key in hex.';
  if (given.startsWith('-----BEGIN'))
    return 'it is a PEM file. Give the 32 bytes of its private key in hex, as openssl pkey -noout -text shows them.';
  if (given.startsWith('{'))
    return 'it is a JSON keystore. Decrypt it with the tool that made it, and give the key in hex.';
  if (/^[a-z]+( [a-z]+){11,23}$/.test(given))
    return 'it is a list of words. Derive the key of one account from them, and give that.';
  if (/^(0x)?[0-9a-fA-F]{64}$/.test(given)) return 'it is outside the order of the curve secp256k1.';
  if (/^(0x)?[0-9a-fA-F]+$/.test(given)) return `it has ${given.replace(/^0x/, '').length} of them.`;
  return 'there are other characters in it.';
}
