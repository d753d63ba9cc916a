// Finds the program of a request, the confirmed one or the requester's own: its verifying key, what is known of its ELF, and how to hold its file.
import type { ArtifactPlace, ArtifactRef } from '../../artifacts/port.js';
import { FailureError, fail } from '../../errors.js';
import type { ProofRequest } from '../../machines/requestRules.js';
import type { ElfFacts } from '../../store/buckets.js';
import type { Store } from '../../store/environment.js';
import { programFor } from '../../store/programs.js';
import { programPlace } from './places.js';

/** Throws VERIFICATION_KEY_MISMATCH: intake has seen the program, and this is the one reason for which any is removed. */
export function loadProgram(
  store: Store,
  { vkHash, requester }: Pick<ProofRequest, 'vkHash' | 'requester'>,
): { vk: string; elf: ElfFacts | undefined; file: [ArtifactRef, ArtifactPlace] } {
  const record = programFor(store, vkHash, requester);
  if (record === undefined) throw new FailureError(fail('VERIFICATION_KEY_MISMATCH', { vkHash }));
  const { artifactId: id, sha256, sizeBytes, vk, elf } = record;
  return { vk, elf, file: [{ id, sha256, sizeBytes }, programPlace] };
}
