// The digest by which a guest commits to its public values: SHA-256, or BLAKE3 where the guest was built so (feature `blake3` of
// sp1-zkvm). The SDK's simulation reports the one that the guest chose, without saying which (sp1-prover worker/prover/execute.rs).
import { createHash } from 'node:crypto';
import { blake3 } from '@noble/hashes/blake3';

/** `digest`: 32 bytes in hex. */
export function isDigestOf(publicValues: Uint8Array, digest: string): boolean {
  if (createHash('sha256').update(publicValues).digest('hex') === digest) return true;
  return Buffer.from(blake3(publicValues)).toString('hex') === digest;
}
