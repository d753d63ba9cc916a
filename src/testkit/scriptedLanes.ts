// Lanes that do nothing until a test tells them what happened: every job waits in `waiting` and is answered by hand.

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { Scheduling, Terms, Watch } from '../actors/lanes/scheduling.js';
import type { Job, ResultOf, Stage } from '../engines/jobs.js';
import { fail, failed, type Outcome, succeeded } from '../errors.js';
import { laneId, type Sha256 } from '../ids.js';

export interface ScriptedJob {
  readonly job: Job;
  readonly terms: Terms;
  /** Puts the job on a lane, and answers it. */
  answer(outcome: Outcome<ResultOf[Stage]>): void;
  grant(): void;
  report(done: number, total: number): void;
}

/** The execution that scripted lanes report for every guest. */
export const scriptedExecution = { cycles: '1234', gas: '5678', publicValuesHash: 'aa'.repeat(32) as Sha256 };

/** Answers a job as a flawless lane does; a prove job leaves a real file. */
export function successOf(job: Job): Outcome<ResultOf[Stage]> {
  if (job.stage === 'execute') return succeeded(scriptedExecution);
  if (job.stage === 'verify') return succeeded({ verified: true });
  const bytes = Buffer.from(`proof of ${job.requestId}`);
  writeFileSync(job.proofPath, bytes);
  return succeeded({ sha256: createHash('sha256').update(bytes).digest('hex') as Sha256, sizeBytes: bytes.length });
}

export class ScriptedLanes implements Scheduling {
  readonly waiting: ScriptedJob[] = [];

  run(job: Job, terms: Terms, watch: Watch): Promise<Outcome<never>> {
    return new Promise((resolve) => {
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(entry), 1);
        resolve(failed(fail('ABORTED')));
      };
      let granted = false;
      const entry: ScriptedJob = {
        job,
        terms,
        grant() {
          if (!granted) watch.onGranted(laneId(`scripted-${job.stage}`));
          granted = true;
        },
        report: (done, total) => watch.onProgress({ stage: 'proving', done, total, cycles: 0 }),
        answer: (outcome) => {
          watch.signal.removeEventListener('abort', leave);
          entry.grant();
          this.waiting.splice(this.waiting.indexOf(entry), 1);
          resolve(outcome as Outcome<never>);
        },
      };
      watch.signal.addEventListener('abort', leave, { once: true });
      this.waiting.push(entry);
    });
  }

  refusal = () => undefined;
  lanes = () => [];
  onLaneChange = () => () => {};
}
