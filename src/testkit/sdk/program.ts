// Programs that the fake engine proves: for each ELF its key, its artifact and the proof to expect.
import { parseVk, type VerifyingKey, vkHash as vkHashOf } from '../../engines/vk.js';
import { bytesOf, type VkHash } from '../../ids.js';
import { sampleProgram } from '../artifacts/sampleArtifacts.js';
import { fakeProof, fakeVk } from '../engine/fakeProof.js';

export interface SampleProgram {
  readonly artifact: Buffer;
  readonly elf: Buffer;
  readonly vk: Buffer;
  readonly vkHash: Uint8Array;
  /** The core proof of this stdin artifact. */
  proofOf(stdin: Uint8Array): Buffer;
}

/** `fill` (a byte) makes programs differ. */
export function programOf(fill = 0): SampleProgram {
  const artifact = sampleProgram(100, fill);
  const elf = artifact.subarray(8);
  const vk = fakeVk(elf);
  const vkHash: VkHash = vkHashOf(parseVk(vk) as VerifyingKey);
  return { artifact, elf, vk, vkHash: bytesOf(vkHash), proofOf: (stdin) => fakeProof(elf, stdin, 'core', 1_000) };
}
