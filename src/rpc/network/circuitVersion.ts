// Which of SP1's circuits are proved here. A proof of other circuits would fail in the client's own verification.
import { parseVk, type VerifyingKey, vkSizeBytes } from '../../engines/vk.js';
import { FailureError, fail } from '../../errors.js';
import { malformed } from './fields.js';

/** What clients send as `version`: the circuit version, not that of the crate. */
const supportedVersions = ['sp1-v6.1.0'] as const;

/** Fails with CIRCUIT_VERSION_UNSUPPORTED. */
export function assertServed(version: string): void {
  if (supportedVersions.some((supported) => supported === version)) return;
  const shown = version.replace(/[^\x21-\x7e]/g, '?').slice(0, 32);
  throw new FailureError(fail('CIRCUIT_VERSION_UNSUPPORTED', { version: shown, supported: supportedVersions }));
}

/** Fails with VK_UNSUPPORTED for a key of another length, as those of SP1 5 have, and with MALFORMED_REQUEST for one that is none. */
export function vkField(bytes: Uint8Array): VerifyingKey {
  if (bytes.byteLength !== vkSizeBytes)
    throw new FailureError(fail('VK_UNSUPPORTED', { sizeBytes: bytes.byteLength, supported: supportedVersions }));
  const vk = parseVk(bytes);
  if (vk === undefined) throw malformed('vk', 'these bytes are not a verifying key of SP1 v6');
  return vk;
}
