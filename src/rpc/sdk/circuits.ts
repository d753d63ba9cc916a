// Which of SP1's circuits are proved here, and which ELFs run on them. A proof of other circuits would fail in the client's own
// verification. SP1 5 runs 32-bit ELFs and SP1 6 runs 64-bit ones. A program of the other class would fail only after minutes, and
// without a reason.
import { parseVk, type VerifyingKey, vkHash as vkHashOf, vkSizeBytes } from '../../engines/vk.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { malformed } from '../../failures/malformed.js';
import type { VkHash } from '../../ids.js';
import type { ElfFacts } from '../../store/buckets.js';

/** What clients send as `version`: the circuit version, not that of the crate. */
const supportedVersions = ['sp1-v6.1.0'] as const;

/** Fails with CIRCUIT_VERSION_UNSUPPORTED. */
export function assertServed(version: string): void {
  if (supportedVersions.some((supported) => supported === version)) return;
  const shown = version.replace(/[^\x21-\x7e]/g, '?').slice(0, 32);
  throw new FailureError(fail('CIRCUIT_VERSION_UNSUPPORTED', { version: shown, supported: supportedVersions }));
}

/** Fails with VK_UNSUPPORTED for a key of another length, as those of SP1 5 have, and with MALFORMED_REQUEST for one that is none. */
function vkField(bytes: Uint8Array): VerifyingKey {
  if (bytes.byteLength !== vkSizeBytes)
    throw new FailureError(fail('VK_UNSUPPORTED', { sizeBytes: bytes.byteLength, supported: supportedVersions }));
  const vk = parseVk(bytes);
  if (vk === undefined) throw malformed('vk', 'these bytes are not a verifying key of SP1 v6');
  return vk;
}

/** Fails as `vkField` does, and with VK_HASH_MISMATCH for the key of another program. */
export function assertVkHash(vk: Uint8Array, vkHash: VkHash): void {
  const computed = vkHashOf(vkField(vk));
  if (computed !== vkHash) throw new FailureError(fail('VK_HASH_MISMATCH', { vkHash, computed }));
}

/** The generation of SP1 behind a circuit version, for example 6 for `sp1-v6.1.0`. */
export const sp1Of = (circuitVersion: string): 5 | 6 => (circuitVersion.startsWith('sp1-v5.') ? 5 : 6);

/** Throws ELF_CLASS_MISMATCH. `elf` is absent for programs of a time when only 64-bit ones were taken. */
export function assertElfClass(elf: ElfFacts | undefined, sp1: 5 | 6): void {
  const elfClass = elf?.class ?? 64;
  if (elfClass !== (sp1 === 5 ? 32 : 64)) throw new FailureError(fail('ELF_CLASS_MISMATCH', { elfClass, sp1 }));
}
