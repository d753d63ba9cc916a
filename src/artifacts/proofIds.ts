// The artifact ids of proofs. The SDK shows no token when it downloads, so an id is all that protects a proof: it must not follow from
// the id of its request, which logs, lists and operators have.
import { createHmac } from 'node:crypto';
import type { ArtifactId, RequestId } from '../ids.js';

/**
 * The same in every life of an attempt (from 1), so that a repeated one overwrites its own file. Known only to who is told the proof's
 * URL, and to who has the key.
 */
export type ProofIds = (requestId: RequestId, attempt: number) => ArtifactId;

/** `key`: 32 random bytes. With another key, files of proofs that were not recorded yet are found by the sweep of the next start. */
export function createProofIds(key: Uint8Array): ProofIds {
  if (key.byteLength !== 32) throw new RangeError('the key of proof ids must have 32 bytes');
  return (requestId, attempt) =>
    createHmac('sha256', key)
      .update(['sealed-prover proof 1', requestId, attempt].join('\n'))
      .digest('hex') as ArtifactId;
}
