// How much memory this machine really has, and which proof modes fit into it. Checked before it is spent: when memory
// runs out, the kernel kills the engine in the middle of a proof.
import { type ProofMode, proofModes } from '../engines/jobs.js';
import { type Memory, readMemory } from './capacityMemory.js';

/**
 * Memory that a proving engine is given by mode, in bytes (docs/engine.md, "Memory"). Measured peaks of a small program: core 2.2 GB,
 * compressed 15.0 GB. Core leaves room for the largest shard that SP1 makes of a long program, which was not measured. Plonk and groth16
 * begin with a compressed proof, and their last step was not measured either. Too low shows as OUT_OF_MEMORY on a lane.
 */
export const proverBytes: Readonly<Record<ProofMode, number>> = {
  core: 10.0e9,
  compressed: 17.0e9,
  plonk: 24.0e9,
  groth16: 24.0e9,
};

/** Everything else that we run: this process (0.2 GB) and an execution engine that sets up a large program (0.8 GB, measured). */
const besidesBytes = 1.0e9;

export interface Capacity {
  readonly memory: Memory;
  /** Why this machine cannot prove a mode on its CPU lanes, with the figures, as the end of a sentence. Undefined when it can. */
  refusal(mode: ProofMode): string | undefined;
  /** The modes without a refusal. */
  readonly modes: readonly ProofMode[];
}

/**
 * Reads this machine's memory and compares it with what `proveLanes` CPU engines need at once. GPU lanes do not count: their memory
 * is the GPU's. `root` is the root of the file system (a fixture tree in tests).
 */
export async function readCapacity(parameters: { proveLanes: number; root?: string }): Promise<Capacity> {
  const memory = await readMemory(parameters.root ?? '/');
  const lanes = Math.max(1, parameters.proveLanes);

  function refusal(mode: ProofMode): string | undefined {
    const needed = lanes * proverBytes[mode] + besidesBytes;
    if (needed <= memory.limitBytes) return undefined;
    const who = lanes === 1 ? 'one needs' : `${lanes} at once need`;
    return `${who} ${gigabytes(needed)} of memory, this machine has ${gigabytes(memory.limitBytes)}`;
  }

  return { memory, refusal, modes: proofModes.filter((mode) => refusal(mode) === undefined) };
}

/** Decimal gigabytes with one digit, as the figures are measured and as machines are sold. */
export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
