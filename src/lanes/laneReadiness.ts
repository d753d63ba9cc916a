// What a job waits for on its lane before the engine gets it: a loaded prover, and enough memory to finish.

import type { Clock } from '../clock.js';
import type { Job, Progress } from '../engines/jobs.js';
import { type Outcome, succeeded } from '../failures/outcome.js';
import type { LaneId } from '../ids.js';
import type { Log } from '../log.js';
import { pause } from '../pause.js';
import { gigabytes } from './capacity.js';
import type { LaneEngine } from './laneEngine.js';

/** Memory is looked at again after this pause, in ms. We get no notice when another process frees its own. */
const memoryPauseMs = 5_000;

interface Parameters {
  readonly laneId: LaneId;
  readonly job: Job;
  /** Told what memory the job waits for, and 0 when it has enough (bytes). */
  readonly onShort: (missingBytes: number) => void;
  readonly engine: Pick<LaneEngine, 'untilWarm' | 'shortfall'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Resolves when the engine can begin, or with the engine's failure, or with undefined as soon as the job is given up. A proof
 * for which there is too little memory now waits. If it began, the kernel could kill the engine, or another process.
 */
export async function untilReady(
  { laneId, job, onShort, engine, clock, log }: Parameters,
  onProgress: (progress: Progress) => void,
  givenUp: AbortSignal,
): Promise<Outcome<void> | undefined> {
  const warm = await unlessAborted(engine.untilWarm(onProgress), givenUp);
  if (warm === undefined || !warm.ok || job.stage !== 'prove') return warm;
  for (let isTold = false; ; isTold = true) {
    // The lane may have been stopped meanwhile, and has no engine to ask then.
    if (givenUp.aborted) return undefined;
    const shortfall = await engine.shortfall(job.mode);
    if (givenUp.aborted) return undefined;
    if (!shortfall.ok) return shortfall;
    onShort(Math.max(0, shortfall.value));
    if (shortfall.value <= 0) return succeeded(undefined);
    if (!isTold) {
      const missing = gigabytes(shortfall.value);
      log.warn(
        { event: 'lane.memory_short', laneId, requestId: job.requestId, mode: job.mode, missingBytes: shortfall.value },
        `the proof waits: ${missing} of memory are missing`,
      );
    }
    await pause(clock, memoryPauseMs, givenUp);
  }
}

/** The promise's value, or undefined as soon as the signal says so. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve) => {
    const abort = () => resolve(undefined);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    void promise.then((value) => {
      signal.removeEventListener('abort', abort);
      resolve(value);
    });
  });
}
