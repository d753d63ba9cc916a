// How long a proof may be that comes from another machine.
import type { ProofMode } from '../engines/jobs.js';

/**
 * Most bytes of a proof: a frame of an engine for core proofs, which grow with the program. The others have kilobytes or one megabyte,
 * and public values, which no program of ours has more than a few megabytes of. Wrong if honest proofs are refused.
 */
export const proofLimitBytes: Readonly<Record<ProofMode, number>> = {
  core: 4 * 2 ** 30,
  compressed: 256 * 2 ** 20,
  plonk: 256 * 2 ** 20,
  groth16: 256 * 2 ** 20,
};
