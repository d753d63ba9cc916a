// Hears how jobs go on lanes, of this machine and of others, to tell it in figures.
import type { SteadyMs } from '../clock.js';
import type { Job } from '../engines/jobs.js';
import type { RequestId, Sha256 } from '../ids.js';

/** Called for each job: it must cost next to nothing, and never throws. */
export interface JobWatch {
  /** The engine gets the job now. `programs`: those that it has set up before. */
  begun(job: Job, grantedAt: SteadyMs, programs: ReadonlySet<Sha256>): void;
  /** The proof of a job that nobody has given up was read to its last byte. */
  proofRead(requestId: RequestId): void;
}
