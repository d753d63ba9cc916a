// What a lane is asked to do and what it answers: plain data that crosses worker threads and is recorded in the store.
import type { RequestId, Sha256, VkHash } from '../ids.js';
import type { ArtifactFile, Measured, StoredFile } from '../storedBytes/storedFile.js';

export type ProofMode = 'core' | 'compressed' | 'plonk' | 'groth16';

/** The wire's numbers for a mode, on gRPC and in the engine protocol alike. */
export const proofModeNumber = { core: 1, compressed: 2, plonk: 3, groth16: 4 } as const satisfies Record<
  ProofMode,
  number
>;

export const proofModes = Object.keys(proofModeNumber) as readonly ProofMode[];

/** What can be asked for: a proof, or (tee) a signature over the program's public values, for which nothing is proved. */
export type RequestMode = ProofMode | 'tee';

export const requestModeNumber = { ...proofModeNumber, tee: 5 } as const satisfies Record<RequestMode, number>;

export const requestModes = Object.keys(requestModeNumber) as readonly RequestMode[];

/** Modes that end in a proof for a chain. Their last step needs circuit files. */
export const wrappedModes = ['plonk', 'groth16'] as const satisfies readonly ProofMode[];
export type WrappedMode = (typeof wrappedModes)[number];

export interface ExecuteJob {
  readonly stage: 'execute';
  readonly requestId: RequestId;
  readonly attempt: number;
  readonly vkHash: VkHash;
  readonly program: StoredFile;
  readonly stdin: StoredFile;
  /** u64 in decimal; 2^64 − 1 means none. */
  readonly cycleLimit: string;
  readonly gasLimit: string;
  /** In hex, where the requester has run the guest already: what it committed to then. Anything else fails with SIMULATION_DIFFERS. */
  readonly announcedDigest?: string;
  /** In an engine that has run nothing before and runs nothing after, with the public values kept. Longer ones end the job. */
  readonly alone?: { readonly publicValues: ArtifactFile; readonly limitBytes: number };
}

/** A guest that ran to its end with exit code 0. Anything else is a GUEST_FAILED failure. */
export interface Execution {
  readonly cycles: string;
  readonly gas: string;
  /** SHA-256 of the public values. */
  readonly publicValuesHash: Sha256;
}

/** What a lane answers. */
export interface Executed extends Execution {
  /** Of a job that runs alone: the file is complete and flushed. */
  readonly publicValues?: Measured;
}

/** Asks for a program's verifying key, of an engine that never runs a guest. */
export interface SetupJob {
  readonly stage: 'setup';
  readonly requestId: RequestId;
  readonly attempt: number;
  readonly program: StoredFile;
}

export interface SetUp {
  /** 104 bytes in hex. */
  readonly vk: string;
}

export interface ProveJob {
  readonly stage: 'prove';
  readonly requestId: RequestId;
  readonly attempt: number;
  readonly vkHash: VkHash;
  /** The registered verifying key in hex. The engine's own must be equal. */
  readonly vk: string;
  /** Of the program's ELF, when it is known: explains a key that differs. */
  readonly zeroFillTrap?: boolean;
  readonly mode: ProofMode;
  readonly program: StoredFile;
  readonly stdin: StoredFile;
  /** Where the worker leaves the proof. The file is complete and flushed when the job has succeeded. */
  readonly output: ArtifactFile;
}

export type ProvenFile = Measured;

export interface VerifyJob {
  readonly stage: 'verify';
  readonly requestId: RequestId;
  readonly attempt: number;
  readonly vkHash: VkHash;
  readonly vk: string;
  readonly mode: ProofMode;
  readonly proof: StoredFile;
  /** The proof must commit to exactly what the execution produced. */
  readonly publicValuesHash: Sha256;
}

/** The proof is valid for the program, the mode and the public values. Otherwise the job fails with PROOF_INVALID. */
export interface Verification {
  readonly verified: true;
}

export type Job = ExecuteJob | SetupJob | ProveJob | VerifyJob;
export type Stage = Job['stage'];
export const stages = ['execute', 'setup', 'prove', 'verify'] as const satisfies readonly Stage[];
export type JobOf<S extends Stage> = Extract<Job, { stage: S }>;
export interface ResultOf {
  readonly execute: Executed;
  readonly setup: SetUp;
  readonly prove: ProvenFile;
  readonly verify: Verification;
}

export type ProgressStage = 'loading' | 'setup' | 'executing' | 'proving' | 'compressing' | 'shrinking' | 'wrapping';

/** Counts only. `total` 0 means not known yet. */
export interface Progress {
  readonly stage: ProgressStage;
  readonly done: number;
  readonly total: number;
  readonly cycles: number;
}
