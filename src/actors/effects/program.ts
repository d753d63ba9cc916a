// Finds a registered program: its verifying key and the file that lanes read.
import type { ArtifactBackend } from '../../artifacts/port.js';
import type { StoredFile } from '../../engines/jobs.js';
import { FailureError, fail } from '../../errors.js';
import type { VkHash } from '../../ids.js';
import type { ElfFacts } from '../../store/buckets.js';
import type { Store } from '../../store/environment.js';

/** Throws PROGRAM_NOT_FOUND, which intake rules out: a program is never removed while a request needs it. */
export function loadProgram(
  from: { store: Store; artifacts: ArtifactBackend },
  vkHash: VkHash,
): { vk: string; elf: ElfFacts | undefined; file: StoredFile } {
  const record = from.store.get('programs', vkHash);
  if (record === undefined) throw new FailureError(fail('PROGRAM_NOT_FOUND', { vkHash }));
  const { artifactId: id, sha256, sizeBytes, vk, elf } = record;
  return { vk, elf, file: from.artifacts.file({ id, sha256, sizeBytes }, 'program') };
}
