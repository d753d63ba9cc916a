// Which of SP1's circuits are proved here. A proof of other circuits would fail in the client's own verification.
import { FailureError, fail } from '../../errors.js';

/** What clients send as `version`: the circuit version, not that of the crate. */
const supportedVersions = ['sp1-v6.1.0'] as const;

/** Fails with CIRCUIT_VERSION_UNSUPPORTED. */
export function assertServed(version: string): void {
  if (supportedVersions.some((supported) => supported === version)) return;
  const shown = version.replace(/[^\x21-\x7e]/g, '?').slice(0, 32);
  throw new FailureError(fail('CIRCUIT_VERSION_UNSUPPORTED', { version: shown, supported: supportedVersions }));
}
