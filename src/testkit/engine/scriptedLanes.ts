// Lanes that do nothing until a test says what happened: every job waits in `waiting` and is answered by hand.

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { Job, ResultOf, Stage } from '../../engines/jobs.js';
import { fail } from '../../failures/fail.js';
import { failed, type Outcome, succeeded } from '../../failures/outcome.js';
import { type LaneId, laneId, type RequestId, type Sha256, type VkHash } from '../../ids.js';
import type {
  LaneOrders,
  LaneReport,
  ProgramOrder,
  Scheduling,
  Terms,
  WaitingWork,
  Watch,
} from '../../lanes/scheduling.js';
import type { Rank } from '../../machines/queue/queue.js';
import type { ArtifactFile } from '../../storedBytes/storedFile.js';

export interface ScriptedJob {
  readonly job: Job;
  readonly terms: Terms;
  /** Puts the job on a lane, and answers it. */
  answer(outcome: Outcome<ResultOf[Stage]>): void;
  grant(): void;
  isGranted(): boolean;
  report(done: number, total: number): void;
}

/** The execution that scripted lanes report for every guest. */
export const scriptedExecution = { cycles: '1234', gas: '5678', publicValuesHash: 'aa'.repeat(32) as Sha256 };

/** The key of every program: 26 words of zero. */
export const scriptedVk = '00'.repeat(104);
/** Its hash. */
export const scriptedVkHash = '4eafe89c5a31200b5180706a161ec67242b36cad7c7cd1ea27f0a30f19eb2111' as VkHash;

/** What every guest commits to that runs alone. */
export const scriptedPublicValues = Buffer.from('f4010000', 'hex');

function executedAlone({ path }: ArtifactFile, publicValues: Buffer) {
  writeFileSync(path, publicValues);
  const sha256 = createHash('sha256').update(publicValues).digest('hex') as Sha256;
  return { ...scriptedExecution, publicValuesHash: sha256, publicValues: { sha256, sizeBytes: publicValues.length } };
}

/** Answers a job as a flawless lane does. A prove job leaves a real file. `publicValues`: of a guest that runs alone. */
export function successOf(job: Job, publicValues: Buffer = scriptedPublicValues): Outcome<ResultOf[Stage]> {
  if (job.stage === 'execute')
    return succeeded(job.alone === undefined ? scriptedExecution : executedAlone(job.alone.publicValues, publicValues));
  if (job.stage === 'setup') return succeeded({ vk: scriptedVk });
  if (job.stage === 'verify') return succeeded({ verified: true });
  return proveWith(job, Buffer.from(`proof of ${job.requestId}`));
}

/** With these bytes for a proof. */
export function proveWith(job: Job & { readonly stage: 'prove' }, bytes: Buffer): Outcome<ResultOf['prove']> {
  writeFileSync(job.output.path, bytes);
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
        isGranted: () => granted,
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
  awaited = () => 'no lane does such work now';
  outage = () => undefined;
  lanes = () => [];
  /** What a test says of lanes. */
  reports: LaneReport[] = [];
  laneReports = () => this.reports;
  line = (stage: Stage): WaitingWork[] =>
    this.waiting
      .filter(({ job, isGranted }) => job.stage === stage && !isGranted())
      .map(({ job, terms: { requester } }) => ({
        requestId: job.requestId,
        requester,
        kind: job.stage === 'prove' ? job.mode : job.stage,
        forMs: 0,
      }));
  onLaneChange = () => () => {};
  /** What operators have ordered; these lanes grant at a test's word alone. */
  orders: LaneOrders | undefined;
  obey = (orders: LaneOrders) => {
    this.orders = orders;
  };
  reconsider = () => {};
  /** What was ranked anew, in order. */
  readonly reranked: [RequestId, Rank][] = [];
  rerank = (requestId: RequestId, rank: Rank) => void this.reranked.push([requestId, rank]);
  /** What operators did with lanes, in order. */
  readonly steered: string[] = [];
  startLane = (id: LaneId) => void this.steered.push(`start ${id}`);
  /** Orders about programs that have begun. */
  readonly prepared: ProgramOrder[] = [];
  prepareLane = (id: LaneId, order: ProgramOrder): boolean => {
    if (this.reports.find((lane) => lane.id === id)?.state !== 'ready') return false;
    void order.noted().then(() => this.prepared.push(order));
    return true;
  };
  stopLane = async (id: LaneId) => void this.steered.push(`stop ${id}`);
}
