// What a TEE proof says and how it is written: the bytes that are signed, and the JSON of Automata's sp1-tee-prover, whose clients and
// contracts take it as it is.
import { createHash } from 'node:crypto';
import { keccak_256 } from '@noble/hashes/sha3';
import type { Sha256, VkHash } from '../ids.js';

export interface TeeProof {
  /** r ‖ s ‖ v, 65 bytes. */
  readonly signature: Uint8Array;
  /** SP1's `hash_bytes()`: the hash that names the program, and not the on-chain `bytes32()`. */
  readonly vkHash: VkHash;
  readonly publicValues: Uint8Array;
}

/** SHA-256 of vk hash ‖ public values: what the model's contract is called with. */
export const teeMessage = (vkHash: VkHash, publicValues: Uint8Array): Uint8Array =>
  createHash('sha256').update(Buffer.from(vkHash, 'hex')).update(publicValues).digest();

/** What is signed: Keccak-256 of that message, without a prefix. The statement is about mathematics, not about a chain. */
export const teeDigest = (vkHash: VkHash, publicValues: Uint8Array): Uint8Array =>
  keccak_256(teeMessage(vkHash, publicValues));

/** `{"signature":[…],"vk":[…],"public_values":[…]}`, as serde writes a Vec<u8>. */
export function encodeTeeProof({ signature, vkHash, publicValues }: TeeProof): Buffer {
  const [sig, vk, values] = [signature, Buffer.from(vkHash, 'hex'), publicValues].map(
    (bytes) => `[${bytes.join(',')}]`,
  );
  return Buffer.from(`{"signature":${sig},"vk":${vk},"public_values":${values}}`);
}

/** The public values of what `encodeTeeProof` has written. Undefined for anything else, and for values of another digest. */
export function publicValuesIn(file: Uint8Array, sha256: Sha256): Buffer | undefined {
  const list = /"public_values":\[([\d,]*)\]\}$/.exec(Buffer.from(file).toString('latin1'))?.[1];
  if (list === undefined) return undefined;
  const values = Buffer.from(list === '' ? [] : list.split(',').map(Number));
  return createHash('sha256').update(values).digest('hex') === sha256 ? values : undefined;
}
