// What kinds of engines do differently. Code asks for a trait, never for the kind: a further kind is one more row.
import type { EngineKind } from './engine.js';

export interface EngineTraits {
  /** Answers what it is: its memory, and the circuit files that it has found. */
  readonly describesItself: boolean;
  /** Says how far a proof is, when it is asked to. */
  readonly reportsProgress: boolean;
  /** Builds its prover at a connection's first Setup, whatever the program is, and says nothing meanwhile. */
  readonly loadsBySetUp: boolean;
  /** Keeps programs set up between jobs, and sets them up and frees them when it is told to. */
  readonly keepsPrograms: boolean;
  /** Its prover takes the memory of this machine. It describes itself then: what is free is asked of it. */
  readonly hostMemory: boolean;
  /** How long it may take from its start until it accepts a connection, in ms. */
  readonly readyMs: number;
  /** A prover that has said nothing for so long hangs, in ms. */
  readonly silenceMs: number;
  /** It asks for a job when it is free for one, and says that it has it (`onTaken`). Others have theirs at once. */
  readonly takesLater: boolean;
}

/**
 * Programs kept set up per connection. An engine keeps the ELF (megabytes) of each. Sixteen of them cost less than one proof's
 * memory varies. Too small a number would show as Setup before jobs of a program that was used minutes ago.
 */
export const mostPrograms = 16;

export const traitsOf: Readonly<Record<EngineKind, EngineTraits>> = {
  cpu: {
    describesItself: true,
    reportsProgress: true,
    loadsBySetUp: false,
    keepsPrograms: true,
    hostMemory: true,
    // It binds at once.
    readyMs: 20_000,
    // It reports every shard. The longest step without a report that was measured (a groth16 wrap on 2 cores) takes minutes.
    silenceMs: 60 * 60_000,
    takesLater: false,
  },
  gpu: {
    describesItself: false,
    reportsProgress: false,
    loadsBySetUp: true,
    keepsPrograms: true,
    hostMemory: false,
    // A cold sp1-gpu-server initialises CUDA before it binds its socket.
    readyMs: 120_000,
    // It reports nothing at all, and its longest jobs take hours.
    silenceMs: 12 * 60 * 60_000,
    takesLater: false,
  },
  worker: {
    // Its own lane there knows its memory and its circuit files, and offers what is left.
    describesItself: false,
    reportsProgress: true,
    loadsBySetUp: false,
    // Its own lane there decides what it keeps.
    keepsPrograms: false,
    hostMemory: false,
    readyMs: 1_000,
    // Its lane there ends an engine that hangs, and a worker that is gone shows in its lease. This is for one that pretends to work.
    silenceMs: 24 * 60 * 60_000,
    takesLater: true,
  },
};
