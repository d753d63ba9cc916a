// A job in the hands of a worker.
import type { RunWatch } from '../engines/engine.js';
import type { ProveJob } from '../engines/jobs.js';
import type { ProofArrival } from './proofArrival.js';

export interface LeasedJob {
  /** Unguessable. Another one each time that a job is handed out. */
  readonly id: string;
  readonly job: ProveJob;
  readonly watch: RunWatch;
  readonly proof: ProofArrival;
  /** The inputs that the worker reads now. */
  readonly reading: Set<string>;
  /** The worker was told that it is not wanted any more. */
  isCutTold: boolean;
  /** Stops waiting for its end. */
  expiry: () => void;
}
