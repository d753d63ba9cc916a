// A worker and its front, over mutual TLS: what is proved on the other machine, and what becomes of it when either end misbehaves.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import type { Progress } from '../engines/jobs.js';
import { InputSchema } from '../gen/work/v1/work_pb.js';
import { systemRandom } from '../random.js';
import type { FakeRule, FakeScript } from '../testkit/engine/fakeEngineScript.js';
import { fakeProof } from '../testkit/engine/fakeProof.js';
import { isAlive } from '../testkit/engine/laneRig.js';
import { cuttableLine } from '../testkit/remote/cuttableLine.js';
import { startWorkerRig, terms, type WorkerRig, watch } from '../testkit/remote/workerRig.js';
import { temporaryFolder } from '../testkit/temporaryFolder.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import type { FrontLink } from './frontLink.js';
import { Inputs } from './inputs.js';

const quiet = { timeout: 300_000 };

const begun: Progress = { stage: 'proving', done: 1, total: 9, cycles: 0 };

/** An engine whose first proof ends so, once it has said that it has begun. */
const firstProof = (front: WorkerRig, act: NonNullable<FakeRule['act']>): FakeScript => ({
  rules: [{ on: 'prove', times: 1, progress: [begun], act }],
  // Engines that are started later go on counting.
  memoryPath: join(front.rig.engineRig.folder, 'memory'),
});

/** A job at the front, which knows when its proof has begun. */
async function started(front: WorkerRig, signal?: AbortSignal) {
  const job = await front.rig.engineRig.proveJob();
  const begun = Promise.withResolvers<void>();
  const onProgress = ({ stage }: Progress) => void (stage === 'proving' && begun.resolve());
  const outcome = front.dispatcher.run(job, terms, { ...watch(signal), onProgress });
  await begun.promise;
  return { job, outcome };
}

test('a worker proves for its front, and keeps nothing', quiet, async (t) => {
  const front = await startWorkerRig(t);
  await front.worker();
  const { engineRig } = front.rig;
  const job = await engineRig.proveJob();
  const outcome = await front.dispatcher.run(job, terms, watch());
  assert.ok(outcome.ok, JSON.stringify(outcome));
  const proof = await readFile(job.output.path);
  assert.ok(proof.equals(fakeProof(engineRig.elf, engineRig.stdin, 'compressed', 1_000)));
  assert.equal(outcome.value.sizeBytes, proof.byteLength);
  assert.deepEqual(front.leftOver(), []);
});

test('a worker that loses the network for less than a lease goes on, and its proof counts', quiet, async (t) => {
  const front = await startWorkerRig(t);
  const line = await cuttableLine(t, front.workers.port);
  await front.worker({ port: line.port, script: { rules: [{ on: 'prove', delayMs: 500 }] } });
  const job = await front.rig.engineRig.proveJob();
  const outcome = front.dispatcher.run(job, terms, watch());
  await front.rig.logged('work.leased');
  line.cut();
  await front.rig.clock.advance(30_000);
  assert.equal(front.dispatcher.lanes().length, 1);
  line.mend();
  const proved = await outcome;
  assert.ok(proved.ok, JSON.stringify(proved));
  assert.equal((await front.rig.logged('worker.registered')).length, 1);
  assert.equal(front.rig.facts.filter(({ event }) => event === 'worker.registered').length, 1);
});

test(
  'T47: a worker that loses the network for longer gives its job up when it is back, and gets new ones',
  quiet,
  async (t) => {
    const front = await startWorkerRig(t);
    const line = await cuttableLine(t, front.workers.port);
    await front.worker({ port: line.port, script: firstProof(front, { kind: 'hang' }) });
    const { job, outcome } = await started(front);
    line.cut();
    await front.rig.clock.advance(36_000);
    const lost = await outcome;
    assert.ok(!lost.ok && lost.failure.code === 'ENGINE_LOST' && lost.failure.blame, JSON.stringify(lost));
    line.mend();
    // The first epoch is over before the second one begins.
    await front.rig.logged('worker.registered', 2);
    assert.equal(front.rig.facts.filter(({ event }) => event === 'work.epoch_over').length, 1);
    const again = await front.dispatcher.run(job, terms, watch());
    assert.ok(again.ok, JSON.stringify(again));
    assert.deepEqual(front.leftOver(), []);
  },
);

test('a worker that hears nothing for a lease ends its work by itself', quiet, async (t) => {
  const front = await startWorkerRig(t);
  const line = await cuttableLine(t, front.workers.port);
  const clock = new SimulatedClock();
  await front.worker({ port: line.port, clock, script: firstProof(front, { kind: 'hang' }) });
  const given = new AbortController();
  const { outcome } = await started(front, given.signal);
  const [pid] = front.rig.pids;
  line.cut();
  await clock.advance(29_000);
  assert.equal(
    front.rig.facts.some(({ event }) => event === 'work.epoch_over'),
    false,
  );
  await clock.advance(1_000);
  await front.rig.logged('work.epoch_over');
  // The next one is started when the one before has ended.
  await front.rig.logged('engine.started', 2);
  assert.equal(isAlive(pid as number), false);
  assert.deepEqual(front.leftOver(), []);
  // The front has waited all the while.
  given.abort();
  assert.ok(!(await outcome).ok);
});

test('an engine that dies on a worker is named to the front, and its lane comes back', quiet, async (t) => {
  const front = await startWorkerRig(t);
  await front.worker({ script: firstProof(front, { kind: 'crash' }) });
  const job = await front.rig.engineRig.proveJob();
  const lost = await front.dispatcher.run(job, terms, watch());
  assert.ok(!lost.ok && lost.failure.code === 'ENGINE_LOST' && lost.failure.blame, JSON.stringify(lost));
  assert.match(lost.failure.detail, /exit code 134/);
  // The lane there cools, and is offered again after that.
  const again = front.dispatcher.run(job, terms, watch());
  // The worker's own lane: that of the front is named after the worker too.
  await front.rig.loggedWhere(
    ({ event, to, laneId }) => event === 'lane.transition' && to === 'cooling' && /^cpu-prove-/.test(`${laneId}`),
  );
  for (let seconds = 0; seconds < 5; seconds++) await front.rig.clock.advance(1_000);
  assert.ok((await again).ok);
});

test('a job that is given up ends the engine of the worker, which takes the next one', quiet, async (t) => {
  const front = await startWorkerRig(t);
  await front.worker({ script: firstProof(front, { kind: 'hang' }) });
  const given = new AbortController();
  const { job, outcome } = await started(front, given.signal);
  given.abort();
  const ended = await outcome;
  assert.ok(!ended.ok && ended.failure.code === 'ABORTED');
  assert.ok((await front.dispatcher.run(job, terms, watch())).ok);
  assert.equal(front.rig.pids.length, 2);
});

test('an input that is longer than was said, or another one, reaches no engine', quiet, async (t) => {
  const scratch = { folder: temporaryFolder('inputs'), random: systemRandom };
  const endless = async function* () {
    for (;;) yield { piece: new Uint8Array(1_000) };
  };
  const link = { stream: endless } as unknown as FrontLink;
  const inputs = new Inputs(scratch, { link, epoch: '', lease: '' });
  t.after(() => inputs.wipe());
  const signal = new AbortController().signal;
  const announced = (sizeBytes: bigint, sha256 = '00'.repeat(32)) => create(InputSchema, { sha256, sizeBytes });
  await assert.rejects(inputs.fetch('stdin', announced(10_500n), signal), /the stdin is longer than was said/);
  await assert.rejects(inputs.fetch('stdin', announced(2n ** 40n), signal), /no stdin was named/);
  await assert.rejects(inputs.fetch('stdin', announced(5n, 'zz'), signal), /no stdin was named/);
  const short = {
    stream: async function* () {
      yield { piece: new Uint8Array(5) };
    },
  } as unknown as FrontLink;
  const other = new Inputs(scratch, { link: short, epoch: '', lease: '' });
  t.after(() => other.wipe());
  await assert.rejects(other.fetch('program', announced(5n), signal), /the program did not arrive whole/);
  assert.deepEqual(readdirSync(scratch.folder), []);
});
