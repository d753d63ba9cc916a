// The two forms of a verifying key's hash: `hash_bytes()`, by which SP1's network and TEE proofs name a program, and `bytes32()`, the program
// vkey of SP1's contracts. Both hold the same eight words: the first with 32 bits each, the second with 31.
import type { VkHash } from '../ids.js';

const words = 8;
const wordBits = 31n;
const wordMask = (1n << wordBits) - 1n;

/** 32 bytes in hex. Undefined where a word has its highest bit set, as none of a real key has. */
export function programVKeyOf(vkHash: VkHash): string | undefined {
  const bytes = Buffer.from(vkHash, 'hex');
  let packed = 0n;
  for (let at = 0; at < 4 * words; at += 4) {
    const word = BigInt(bytes.readUInt32BE(at));
    if (word > wordMask) return undefined;
    packed = (packed << wordBits) | word;
  }
  return packed.toString(16).padStart(64, '0');
}

/** `programVKey`: 32 bytes in hex. Undefined for a number beyond 248 bits. */
export function vkHashOfProgramVKey(programVKey: string): VkHash | undefined {
  const packed = BigInt(`0x${programVKey}`);
  if (packed >> (wordBits * BigInt(words)) !== 0n) return undefined;
  const bytes = Buffer.alloc(4 * words);
  for (let i = 0; i < words; i += 1)
    bytes.writeUInt32BE(Number((packed >> (wordBits * BigInt(words - 1 - i))) & wordMask), 4 * i);
  return bytes.toString('hex') as VkHash;
}
