// The artifact ids of proofs. The SDK shows no token when it downloads, so an id is all that protects a proof: it must not follow from
// the id of its request, which logs, lists and operators have.
import { createHmac } from 'node:crypto';
import type { ArtifactId, RequestId } from '../ids.js';

/**
 * The id of an attempt (from 1) at the proof, or of what an execution that is signed for commits to, is the same in every life, so that a repeated attempt overwrites its own file. Only those who have the
 * proof's URL or the key know it.
 */
export type ProofIds = (requestId: RequestId, attempt: number, what?: 'proof' | 'public values') => ArtifactId;

/** `key`: 32 random bytes. With another key, files of proofs that were not recorded yet are found by the sweep of the next start. */
export function createProofIds(key: Uint8Array): ProofIds {
  if (key.byteLength !== 32) throw new RangeError('the key of proof ids must have 32 bytes');
  return (requestId, attempt, what = 'proof') =>
    createHmac('sha256', key)
      .update([`sealed-prover ${what} 1`, requestId, attempt].join('\n'))
      .digest('hex') as ArtifactId;
}
