// The signature of SP1's TEE 2FA: over other bytes than a TEE proof, so that one key can make both without confusion. And the answers in which
// it goes to the SDK (sp1-sdk 6.10.0, network/tee; sp1-tee 55a7c00).
import { keccak_256 } from '@noble/hashes/sha3';
import type { Address, VkHash } from '../ids.js';
import { programVKeyOf } from './programVKey.js';

/** Of SDK 6. Keys of SP1 5 are not ours, so its version 1 is not served. */
export const secondFactorVersion = 2;

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

/** The program as contracts name it. Throws for what is no hash of a key: our own bug. */
function vkeyOf(vkHash: VkHash): Buffer {
  const vkey = programVKeyOf(vkHash);
  if (vkey === undefined) throw new Error('this is no hash of a key');
  return Buffer.from(vkey, 'hex');
}

/** keccak256( keccak256(version) ‖ bytes32 of the key ‖ keccak256(public values) ). */
export const secondFactorDigest = (vkHash: VkHash, publicValues: Uint8Array): Uint8Array =>
  keccak_256(Buffer.concat([keccak_256(u32(secondFactorVersion)), vkeyOf(vkHash), keccak_256(publicValues)]));

/** bincode of EventPayload::Success. */
export const encodeSecondFactor = (of: {
  readonly signature: Uint8Array;
  readonly vkHash: VkHash;
  readonly publicValues: Uint8Array;
}): Buffer =>
  Buffer.concat([u32(0), vkeyOf(of.vkHash), u64(of.publicValues.byteLength), of.publicValues, of.signature]);

/** bincode of EventPayload::Error. */
export function encodeSecondFactorError(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([u32(1), u64(bytes.byteLength), bytes]);
}

/** bincode of Vec<Address>. */
export const encodeAddresses = (addresses: readonly Address[]): Buffer =>
  Buffer.concat([u64(addresses.length), ...addresses.flatMap((address) => [u64(20), Buffer.from(address, 'hex')])]);
