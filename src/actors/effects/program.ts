// Finds a registered program: its verifying key, what is known of its ELF, and how to hold its file.
import type { ArtifactPlace, ArtifactRef } from '../../artifacts/port.js';
import { FailureError, fail } from '../../errors.js';
import type { VkHash } from '../../ids.js';
import type { ElfFacts } from '../../store/buckets.js';
import type { Store } from '../../store/environment.js';
import { programPlace } from './places.js';

/** Throws PROGRAM_NOT_FOUND, which intake rules out: a program is never removed while a request needs it. */
export function loadProgram(
  store: Store,
  vkHash: VkHash,
): { vk: string; elf: ElfFacts | undefined; file: [ArtifactRef, ArtifactPlace] } {
  const record = store.get('programs', vkHash);
  if (record === undefined) throw new FailureError(fail('PROGRAM_NOT_FOUND', { vkHash }));
  const { artifactId: id, sha256, sizeBytes, vk, elf } = record;
  return { vk, elf, file: [{ id, sha256, sizeBytes }, programPlace] };
}
