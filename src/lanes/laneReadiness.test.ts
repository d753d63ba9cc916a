// The wait before a proof begins, with memory that stays short for hours.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import type { Job } from '../engines/jobs.js';
import { succeeded } from '../failures/outcome.js';
import { laneId } from '../ids.js';
import { createLog } from '../log.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { untilReady } from './laneReadiness.js';

const job = { stage: 'prove', requestId: '00'.repeat(32), mode: 'core' } as Job;

/** A warm engine for which `missingBytes` of memory are missing. */
function set(memory: { missingBytes: number }) {
  const clock = new SimulatedClock();
  const engine = {
    untilWarm: async () => succeeded(undefined),
    shortfall: async () => succeeded(memory.missingBytes),
  };
  const givenUp = new AbortController();
  const ready = untilReady(
    { laneId: laneId('gpu-0'), job, onShort: () => {}, engine, clock, log: createLog('silent') },
    () => {},
    givenUp.signal,
  );
  return { clock, givenUp, ready };
}

test('a wait for memory of any length holds on to its job once', async () => {
  const memory = { missingBytes: 1 };
  const { clock, givenUp, ready } = set(memory);
  const held = () => getEventListeners(givenUp.signal, 'abort').length;
  await clock.settle();
  const atFirst = held();
  for (let look = 0; look < 100; look += 1) await clock.advance(5_000);
  assert.equal(held(), atFirst);
  memory.missingBytes = 0;
  await clock.advance(5_000);
  assert.deepEqual(await ready, succeeded(undefined));
  assert.equal(held(), 0);
});

test('a job that is given up ends the wait at once, and leaves no timer', async () => {
  const { clock, givenUp, ready } = set({ missingBytes: 1 });
  await clock.advance(5_000);
  givenUp.abort();
  assert.equal(await ready, undefined);
  assert.equal(clock.nextWakeAt(), undefined);
});
