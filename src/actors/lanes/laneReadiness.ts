// What a job waits for on its lane before the engine is told of it: a loaded prover, and memory enough to finish.
import type { Clock } from '../../clock.js';
import type { Job, Progress } from '../../engines/jobs.js';
import { type Outcome, succeeded } from '../../errors.js';
import type { LaneId } from '../../ids.js';
import type { Log } from '../../log.js';
import { gigabytes } from './capacity.js';
import type { LaneEngine } from './laneEngine.js';

/** Memory is looked at again after this pause, in ms: nobody tells us when another process has freed its own. */
const memoryPauseMs = 5_000;

interface Parameters {
  readonly laneId: LaneId;
  readonly job: Job;
  readonly engine: LaneEngine;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Resolves when the engine can begin, or with the engine's failure, or with undefined as soon as the job is given up. A proof
 * for which there is too little memory now waits: begun, it could end with the kernel killing the engine, or somebody else.
 */
export async function untilReady(
  { laneId, job, engine, clock, log }: Parameters,
  onProgress: (progress: Progress) => void,
  givenUp: AbortSignal,
): Promise<Outcome<void> | undefined> {
  const warm = await unlessAborted(engine.untilWarm(onProgress), givenUp);
  if (warm === undefined || !warm.ok || job.stage !== 'prove') return warm;
  for (let isTold = false; ; isTold = true) {
    const shortfall = await engine.shortfall(job.mode);
    if (givenUp.aborted) return undefined;
    if (!shortfall.ok) return shortfall;
    if (shortfall.value <= 0) return succeeded(undefined);
    if (!isTold) {
      const missing = gigabytes(shortfall.value);
      log.warn(
        { event: 'lane.memory_short', laneId, requestId: job.requestId, mode: job.mode, missingBytes: shortfall.value },
        `the proof waits: ${missing} of memory are missing`,
      );
    }
    await unlessAborted(pause(clock, givenUp), givenUp);
  }
}

function pause(clock: Clock, givenUp: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.wakeAt(clock.now() + memoryPauseMs, resolve);
    givenUp.addEventListener('abort', cancel, { once: true });
  });
}

/** The promise's value, or undefined as soon as the signal says so. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
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
