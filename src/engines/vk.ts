// SP1's verifying key (v6): the 104 bytes that a program is registered with, and the hash that names the program.
import { Buffer } from 'node:buffer';
import { parseVkHash, type VkHash } from '../ids.js';
import { koalaBearPrime, poseidon2Hash } from './poseidon2.js';

/** bincode of SP1VerifyingKey without the `mprotect` feature: 26 field elements. */
export const vkSizeBytes = 104;

/** A verifying key's canonical field elements, by role (reference: sp1-hypercube 6.10.0, verifier/hashable_key.rs). */
export interface VerifyingKey {
  readonly pcStart: readonly number[];
  /** x then y. */
  readonly initialGlobalCumulativeSum: readonly number[];
  readonly preprocessedCommit: readonly number[];
  /** 1 where the program may run code that it wrote itself. */
  readonly enableUntrustedPrograms: number;
}

/** Reads bincode bytes: u32 LE pc_start 3 ‖ x 7 ‖ y 7 ‖ commit 8 ‖ flag 1. Undefined for anything that is not a v6 key. */
export function parseVk(bytes: Uint8Array): VerifyingKey | undefined {
  if (bytes.byteLength !== vkSizeBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = Array.from({ length: vkSizeBytes / 4 }, (_, i) => view.getUint32(4 * i, true));
  const enableUntrustedPrograms = words[25] as number;
  if (words.some((word) => word >= koalaBearPrime) || enableUntrustedPrograms > 1) return undefined;
  return {
    pcStart: words.slice(0, 3),
    initialGlobalCumulativeSum: words.slice(3, 17),
    preprocessedCommit: words.slice(17, 25),
    enableUntrustedPrograms,
  };
}

/**
 * The hash by which the network names a program: SP1's `hash_bytes()`, 8 words of 4 bytes, big-endian. It is not the on-chain
 * `bytes32()`, which packs the same words into a Bn254 number.
 */
export function vkHash(vk: VerifyingKey): VkHash {
  const words = poseidon2Hash([
    ...vk.preprocessedCommit,
    ...vk.pcStart,
    ...vk.initialGlobalCumulativeSum,
    vk.enableUntrustedPrograms,
  ]);
  const bytes = Buffer.alloc(32);
  words.forEach((word, i) => {
    bytes.writeUInt32BE(word, 4 * i);
  });
  return parseVkHash(bytes) as VkHash;
}
