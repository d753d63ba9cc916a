// Failures of programs: ELFs, verifying keys, and the circuits that both are made for.
import type { Address, VkHash } from '../ids.js';
import { failure } from './define.js';

export const programFailures = {
  PROGRAM_NOT_FOUND: failure<{ vkHash: VkHash }>(
    'permanent',
    ({ vkHash }) => `No program is registered under vk hash 0x${vkHash}. Register it first.`,
  ),
  /** One address has registered as many programs as it may. */
  PROGRAMS_FULL: failure<{ owner: Address; limit: number }>(
    'permanent',
    ({ owner, limit }) =>
      `The address 0x${owner} has registered ${limit} programs, the most that one address may have here. Ask the operator of the service to allow more.`,
  ),
  /** CreateProgram's vk does not hash to its vk_hash. */
  VK_HASH_MISMATCH: failure<{ vkHash: VkHash; computed: VkHash }>(
    'permanent',
    ({ vkHash, computed }) => `The verifying key hashes to 0x${computed}, not to the given 0x${vkHash}.`,
  ),
  /** Mode tee: the operator's list of programs lacks it. */
  PROGRAM_NOT_SIGNED_FOR: failure<{ vkHash: VkHash }>(
    'permanent',
    ({ vkHash }) =>
      `Nothing is signed here for the program 0x${vkHash}: it is not on the list of this service. Ask its operator (--tee-programs).`,
  ),
  CIRCUIT_VERSION_UNSUPPORTED: failure<{ version: string; supported: readonly string[] }>(
    'permanent',
    ({ version, supported }) => `Circuit version ${version} is not served here. ${servedHere(supported)}`,
  ),
  /** A verifying key whose length is not that of the circuits served here. */
  VK_UNSUPPORTED: failure<{ sizeBytes: number; supported: readonly string[] }>(
    'permanent',
    ({ sizeBytes, supported }) =>
      `A vk of ${sizeBytes} bytes is one of other circuits, of SP1 5 for example. ${servedHere(supported)}`,
  ),
  /** The verifying key is of one generation of SP1, the ELF of another. */
  ELF_CLASS_MISMATCH: failure<{ elfClass: 32 | 64; sp1: 5 | 6 }>(
    'permanent',
    ({ elfClass, sp1 }) =>
      `The ELF is ${elfClass}-bit, but SP1 ${sp1} runs ${sp1 === 5 ? 32 : 64}-bit ones. Build the program with the toolchain of SP1 ${sp1}.`,
  ),
  /** The program's real vk is not the one it was registered with. `zeroFillTrap`: see ElfFacts; absent when it is not known. */
  VERIFICATION_KEY_MISMATCH: failure<{ vkHash: VkHash; zeroFillTrap?: boolean }>(
    'permanent',
    ({ vkHash, zeroFillTrap }) =>
      `The program was registered under vk hash 0x${vkHash}, but its real verifying key differs. ${reasonOfMismatch(zeroFillTrap)}`,
  ),
};

/** Which SDKs have them is a fact of SP1's releases: SP1_CIRCUIT_VERSION in each. */
function servedHere(supported: readonly string[]): string {
  return `This service proves ${supported.join(', ')}, the circuits of sp1-sdk 6.1.0 to 6.10.0: build the client with one of these.`;
}

/** The trap works in both directions: only the comparison tells that the client and the engine are on different sides. */
function reasonOfMismatch(zeroFillTrap: boolean | undefined): string {
  if (zeroFillTrap === undefined) return 'An SDK on the other side of 6.8.1 is the usual reason.';
  return zeroFillTrap
    ? 'This ELF is affected by the loader change of SDK 6.8.1: a key made by an SDK up to 6.8.0 does not fit an engine from 6.8.1 on, nor the other way round. Register it with an SDK on the side of the engine.'
    : 'This ELF is not affected by the loader change of SDK 6.8.1: the key was made from other bytes. Register the ELF that was uploaded.';
}
