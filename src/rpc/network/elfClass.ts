// SP1 5 runs 32-bit ELFs, SP1 6 runs 64-bit ones. A program of the other class would fail only after minutes, and without a reason.
import { FailureError, fail } from '../../errors.js';
import type { ElfFacts } from '../../store/buckets.js';

/** The generation of SP1 behind a circuit version, for example 6 for `sp1-v6.1.0`. */
export const sp1Of = (circuitVersion: string): 5 | 6 => (circuitVersion.startsWith('sp1-v5.') ? 5 : 6);

/** Throws ELF_CLASS_MISMATCH. `elf` is absent for programs of a time when only 64-bit ones were taken. */
export function assertElfClass(elf: ElfFacts | undefined, sp1: 5 | 6): void {
  const elfClass = elf?.class ?? 64;
  if (elfClass !== (sp1 === 5 ? 32 : 64)) throw new FailureError(fail('ELF_CLASS_MISMATCH', { elfClass, sp1 }));
}
