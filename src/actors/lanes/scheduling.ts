// What the effects of a request ask of the dispatcher. The dispatcher implements it; tests script it.
import type { JobOf, Progress, ProofMode, ResultOf, Stage } from '../../engines/jobs.js';
import type { Outcome } from '../../errors.js';
import type { Address, LaneId } from '../../ids.js';

/** How a job is ranked among the waiting ones. */
export interface Terms {
  readonly requester: Address;
  /** Epoch ms. */
  readonly deadlineAt: number;
  /** It was running when the service stopped: it goes first. */
  readonly resumed: boolean;
}

export interface Watch {
  /** Gives up: a queued job leaves the queue, a running one frees its lane. The outcome is then ABORTED. */
  readonly signal: AbortSignal;
  readonly onGranted: (lane: LaneId) => void;
  readonly onProgress: (progress: Progress) => void;
}

export interface LaneStatus {
  readonly id: LaneId;
  readonly kind: 'cpu' | 'gpu';
  readonly stage: Stage;
  readonly state: 'stopped' | 'starting' | 'ready' | 'busy' | 'broken' | 'cooling' | 'quarantined';
  /** Prove lanes only: the modes it serves. */
  readonly modes: readonly ProofMode[];
  /** The prover has been loaded and the next job starts at once. */
  readonly warm: boolean;
  readonly crashes: number;
}

export interface Scheduling {
  /** Waits for a lane that serves the job, runs it there, and answers its outcome. Never rejects. */
  run<S extends Stage>(job: JobOf<S>, terms: Terms, watch: Watch): Promise<Outcome<ResultOf[S]>>;
  /** Why no lane will ever serve this mode on this machine; undefined when one does or may. */
  refusal(mode: ProofMode): string | undefined;
  lanes(): readonly LaneStatus[];
  /** Called on every change of a lane's status. Returns the unsubscribe function. */
  onLaneChange(listener: (lane: LaneStatus) => void): () => void;
}
