// The one interface to every kind of engine, as the lane sees it. `laneWorker.ts` implements it over a unix socket.
// Calls are made one after the other. An engine does one thing at a time and answers in order. A call made too early waits.
import type { Clock } from '../clock.js';
import type { Failure } from '../failures/catalog.js';
import type { Outcome } from '../failures/outcome.js';
import type { LaneId, Sha256 } from '../ids.js';
import type { StoredFile } from '../storedBytes/storedFile.js';
import type { JobOf, Progress, ProofMode, ResultOf, SetUp, Stage, WrappedMode } from './jobs.js';

/**
 * `cpu`: our own engine (docs/engine-protocol.md). `gpu`: sp1-gpu-server, which knows requests 0 to 2 only. `worker`: a lane of another
 * machine, by way of a lease (src/remoteLanes/).
 */
export type EngineKind = 'cpu' | 'gpu' | 'worker';

export interface EngineOptions {
  readonly laneId: LaneId;
  readonly kind: EngineKind;
  readonly socketPath: string;
  /** How long `connect` goes on trying. A cold sp1-gpu-server needs up to a minute before it binds its socket. */
  readonly readyTimeoutMs: number;
  readonly clock: Clock;
  /**
   * Called at most once per connection, when it ends while no call is running. A connection that ends during a call shows in
   * that call's outcome only.
   */
  readonly onLost: (failure: Failure) => void;
}

/** The engine's own description of itself and of its machine (answer 102). */
export interface EngineInfo {
  readonly crateVersion: string;
  /** For example `v6.1.0`. */
  readonly circuitVersion: string;
  readonly role: 'execute' | 'prove';
  readonly cores: number;
  readonly memoryTotalBytes: number;
  readonly memoryAvailableBytes: number;
  readonly prover: 'none' | 'loading' | 'ready';
  /** Circuit files of these wrap modes are present. */
  readonly wrapCircuits: readonly WrappedMode[];
}

export interface RunWatch {
  /** Gives up: the outcome is ABORTED and the connection is gone. The engine works on until its process is killed. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** The engine's answer has been read to its last byte (epoch ms by the worker's clock). Writing and checking follow. */
  readonly onLastByte?: (at: number) => void;
  /** Of engines that take their jobs later than they are given: each time that one is handed out. */
  readonly onTaken?: () => void;
}

/**
 * One connection to one engine process. No method rejects.
 *
 * After a failure that leaves the connection between two frames `connected` is false, and so it is after ABORTED: restart the
 * process, then call `connect` again on the same Engine. All other failures leave it usable.
 */
export interface Engine {
  readonly kind: EngineKind;
  readonly connected: boolean;
  /** Programs that this connection has set up, by SHA-256 of their program artifact: a job for one of them skips Setup. */
  readonly programs: ReadonlySet<Sha256>;
  /** Tries until the socket accepts. ENGINE_LOST when the time is up, ABORTED by the signal. */
  connect(signal?: AbortSignal): Promise<Outcome<void>>;
  /** One of a kind that does not describe itself (`traits.ts`) answers ENGINE_REFUSED. */
  info(): Promise<Outcome<EngineInfo>>;
  /** Resolves when jobs of this mode start at once. */
  waitReady(mode: ProofMode, watch: RunWatch): Promise<Outcome<void>>;
  /**
   * Does the job. Its own failures:
   * - any: ARTIFACT_NOT_FOUND, ARTIFACT_CORRUPT, ARTIFACT_TOO_LARGE (a frame holds 4 GiB), ENGINE_LOST, ENGINE_REFUSED,
   *   OUT_OF_MEMORY, ABORTED, INTERNAL
   * - execute: GUEST_FAILED, SIMULATION_DIFFERS, ARTIFACT_MALFORMED
   * - prove: VERIFICATION_KEY_MISMATCH, CIRCUITS_MISSING, ARTIFACT_MALFORMED, DISK_FULL
   * - verify: PROOF_INVALID, PUBLIC_VALUES_MISMATCH, CIRCUITS_MISSING
   */
  run<S extends Stage>(job: JobOf<S>, watch: RunWatch): Promise<Outcome<ResultOf[S]>>;
  /**
   * Sets the program up ahead of its first job, unless it is: answers the key that the engine has made of it. Fails as `run` does. One
   * of a kind that keeps no programs (`traits.ts`) answers ENGINE_REFUSED.
   */
  setUp(program: StoredFile, watch: RunWatch): Promise<Outcome<SetUp>>;
  /** Frees what the engine holds for a program, named by the SHA-256 of its artifact. Nothing happens when it holds nothing. */
  forget(program: Sha256, watch?: Pick<RunWatch, 'signal'>): Promise<Outcome<void>>;
  /**
   * Cuts the connection and ends the worker thread. A call that runs ends with ABORTED. Idempotent.
   * Until then the thread keeps the process alive.
   */
  close(): Promise<void>;
}
