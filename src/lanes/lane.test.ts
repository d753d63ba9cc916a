// A lane over real child processes: work, death in every phase, cancellation, quarantine, stop.
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Progress } from '../engines/jobs.js';
import { fail } from '../failures/fail.js';
import { failed, succeeded } from '../failures/outcome.js';
import { laneId } from '../ids.js';
import { isAlive, LaneRig, laneBecomes } from '../testkit/engine/laneRig.js';
import type { LaneStatus } from './scheduling.js';

const unwatched = () => ({ signal: new AbortController().signal, onProgress: () => {} });
const is = (state: LaneStatus['state']) => (status: LaneStatus) => status.state === state;
const isWarm = (status: LaneStatus) => status.state === 'ready' && status.warm;
const quiet = { timeout: 300_000 };

const lost = (lane: string, detail: string, blame: boolean) =>
  failed(fail('ENGINE_LOST', { laneId: laneId(lane), detail, blame }));

async function set(t: TestContext) {
  const rig = await LaneRig.set(t);
  const memoryPath = join(rig.engineRig.folder, 'memory.json');
  /** While it is there, rules with it do not go on. */
  const held = join(rig.engineRig.folder, 'held');
  await writeFile(held, '');
  return { rig, memoryPath, held, jobs: rig.engineRig };
}

test(
  'executes and verifies on one kind of engine, proves on the other, and leaves nothing behind',
  quiet,
  async (t) => {
    const { rig, jobs } = await set(t);
    const prover = rig.lane('prove', await rig.fake());
    const executor = rig.lane('execute', await rig.fake({ cycles: 77 }));
    assert.equal(prover.status.state, 'stopped');
    for (const lane of [prover, executor]) {
      lane.start();
      await laneBecomes(lane, isWarm);
    }
    const execution = await executor.run(await jobs.executeJob(), unwatched());
    assert.ok(execution.ok && execution.value.cycles === '77');
    const job = await jobs.proveJob();
    assert.ok((await prover.run(job, unwatched())).ok);
    await Promise.all([laneBecomes(prover, isWarm), laneBecomes(executor, isWarm)]);
    const proof = await readFile(job.output.path);
    assert.deepEqual(await executor.run(await jobs.verifyJob(proof), unwatched()), succeeded({ verified: true }));
    assert.ok(prover.hasProgram(job.program.sha256));
    // The fake has circuit files for both wrapped modes.
    assert.deepEqual(prover.modes, ['core', 'compressed', 'groth16']);
    await Promise.all([prover.stop(), executor.stop()]);
    assert.deepEqual([prover.status.state, prover.status.warm, prover.programCount], ['stopped', false, 0]);
    assert.deepEqual(rig.pids.map(isAlive), [false, false]);
  },
);

test('a lane that was stopped can be started again', quiet, async (t) => {
  const { rig, jobs } = await set(t);
  const lane = rig.lane('execute', await rig.fake());
  lane.start();
  await laneBecomes(lane, isWarm);
  await lane.stop();
  lane.start();
  await laneBecomes(lane, isWarm);
  assert.ok((await lane.run(await jobs.executeJob(), unwatched())).ok);
});

test('an engine that dies at work is blamed on the job, and is back after a pause', quiet, async (t) => {
  const { rig, jobs, memoryPath } = await set(t);
  const rules = [{ on: 'execute', times: 1, act: { kind: 'crash' } }] as const;
  const lane = rig.lane('execute', await rig.fake({ rules, memoryPath }));
  lane.start();
  await laneBecomes(lane, isWarm);
  const outcome = await lane.run(await jobs.executeJob(), unwatched());
  assert.deepEqual(outcome, lost('cpu-execute-0', 'exit code 134', true));
  assert.equal((await laneBecomes(lane, is('cooling'))).crashes, 1);
  await rig.clock.advance(999);
  assert.equal(lane.status.state, 'cooling');
  await rig.clock.advance(1);
  await laneBecomes(lane, isWarm);
  assert.ok((await lane.run(await jobs.executeJob(), unwatched())).ok);
});

test('an engine that dies in its sleep is noticed, and harms no job', quiet, async (t) => {
  const { rig, jobs } = await set(t);
  const lane = rig.lane('execute', await rig.fake());
  lane.start();
  await laneBecomes(lane, isWarm);
  process.kill(rig.pids[0] ?? 0, 'SIGTERM');
  await laneBecomes(lane, is('cooling'));
  assert.equal((await rig.logged('engine.exited'))[0]?.['detail'], 'signal SIGTERM');
  await rig.clock.advance(1_000);
  await laneBecomes(lane, isWarm);
  assert.ok((await lane.run(await jobs.executeJob(), unwatched())).ok);
});

test(
  'a connection that ends in the middle of a frame costs the process, after a grace for its own last word',
  quiet,
  async (t) => {
    const { rig, jobs } = await set(t);
    const lane = rig.lane('execute', await rig.fake({ rules: [{ on: 'execute', act: { kind: 'eofMidFrame' } }] }));
    lane.start();
    await laneBecomes(lane, isWarm);
    let isOver = false;
    const running = lane.run(await jobs.executeJob(), unwatched()).finally(() => (isOver = true));
    // The process keeps running, so only the grace ends the wait for its exit.
    while (!isOver) await rig.clock.advance(100);
    const outcome = await running;
    assert.ok(!outcome.ok && outcome.failure.code === 'ENGINE_LOST' && outcome.failure.blame);
    await laneBecomes(lane, is('cooling'));
    assert.deepEqual(rig.pids.map(isAlive), [false]);
  },
);

test('a job that waits for the prover to load is not blamed for its death', quiet, async (t) => {
  const { rig, jobs, held } = await set(t);
  const loading: Progress = { stage: 'loading', done: 1, total: 3, cycles: 0 };
  const rules = [{ on: 'waitReady', whileThere: held, progress: [loading], act: { kind: 'crash' } }] as const;
  const lane = rig.lane('prove', await rig.fake({ rules }));
  lane.start();
  const status = await laneBecomes(lane, is('ready'));
  assert.equal(status.warm, false);
  const seen: Progress[] = [];
  const watch = { ...unwatched(), onProgress: (progress: Progress) => void seen.push(progress) };
  const outcome = lane.run(await jobs.proveJob(), watch);
  await rm(held);
  assert.deepEqual(await outcome, lost('cpu-prove-0', 'exit code 134', false));
  assert.deepEqual(seen, [loading]);
  assert.equal((await laneBecomes(lane, is('cooling'))).crashes, 1);
});

test('a prover that has no memory to load is no fault of the job that waits for it', quiet, async (t) => {
  const { rig, jobs, held } = await set(t);
  const act = { kind: 'failure', code: 5, text: 'no memory' } as const;
  const rules = [{ on: 'waitReady', whileThere: held, act }] as const;
  const lane = rig.lane('prove', await rig.fake({ rules }));
  lane.start();
  await laneBecomes(lane, is('ready'));
  const outcome = lane.run(await jobs.proveJob(), unwatched());
  await rm(held);
  assert.deepEqual(await outcome, lost('cpu-prove-0', 'OUT_OF_MEMORY', false));
  assert.equal((await laneBecomes(lane, is('cooling'))).crashes, 1);
});

test('a GPU server is warm when it has set a program up, for that is when it builds its prover', quiet, async (t) => {
  const { rig, jobs, held } = await set(t);
  const act = { kind: 'proverError', text: 'CUDA: out of memory' } as const;
  const rules = [{ on: 'setup', times: 1, whileThere: held, act }] as const;
  const fake = await jobs.fake(t, { rules });
  const lane = rig.lane('prove', { kind: 'gpu', socketPath: jobs.socketPath });
  lane.start();
  assert.equal((await laneBecomes(lane, is('ready'))).warm, false);
  const outcome = lane.run(await jobs.proveJob(), unwatched());
  await rm(held);
  assert.deepEqual(await outcome, lost('gpu-prove-0', 'OUT_OF_MEMORY', false));
  assert.equal((await laneBecomes(lane, is('cooling'))).crashes, 1);
  await rig.clock.advance(1_000);
  await laneBecomes(lane, isWarm);
  const begun = fake.begun.map(({ kind }) => kind);
  assert.deepEqual([begun, lane.programCount], [['setup', 'setup', 'destroy'], 0]);
  assert.ok((await lane.run(await jobs.proveJob(), unwatched())).ok);
});

test('giving up an execution answers at once, kills the engine and is no crash', quiet, async (t) => {
  const { rig, jobs, memoryPath } = await set(t);
  const rules = [
    {
      on: 'execute',
      times: 1,
      act: { kind: 'hang' },
      progress: [{ stage: 'executing', done: 0, total: 0, cycles: 1 }],
    },
  ] as const;
  const lane = rig.lane('execute', await rig.fake({ rules, memoryPath }));
  lane.start();
  await laneBecomes(lane, isWarm);
  const controller = new AbortController();
  const watch = { signal: controller.signal, onProgress: () => controller.abort() };
  assert.deepEqual(await lane.run(await jobs.executeJob(), watch), failed(fail('ABORTED')));
  assert.equal((await laneBecomes(lane, isWarm)).crashes, 0);
  assert.deepEqual(rig.pids.map(isAlive), [false, true]);
  assert.ok((await lane.run(await jobs.executeJob(), unwatched())).ok);
});

test('giving up a job while the prover loads spares the engine', quiet, async (t) => {
  const { rig, jobs, held } = await set(t);
  const lane = rig.lane('prove', await rig.fake({ rules: [{ on: 'waitReady', whileThere: held }] }));
  lane.start();
  await laneBecomes(lane, is('ready'));
  const controller = new AbortController();
  const outcome = lane.run(await jobs.proveJob(), { ...unwatched(), signal: controller.signal });
  controller.abort();
  assert.deepEqual(await outcome, failed(fail('ABORTED')));
  await rm(held);
  await laneBecomes(lane, isWarm);
  assert.deepEqual(rig.pids.map(isAlive), [true]);
});

/** A prover that takes a simulated minute to start, and whose proof stands at `done` of 10 when it is given up. */
async function giveUpAt(t: TestContext, done: number) {
  const { rig, jobs, memoryPath } = await set(t);
  const progress = [
    { stage: 'proving', done: 0, total: 10, cycles: 1 },
    { stage: 'proving', done, total: 10, cycles: 1 },
  ] as const;
  const rules = [
    {
      on: 'prove',
      times: 1,
      progress,
      progressPauseMs: 200,
      act: { kind: 'slowAnswer', pieceBytes: 100, pauseMs: 20 },
    },
  ] as const;
  const lane = rig.lane('prove', await rig.fake({ rules, memoryPath, bindDelayMs: 200 }));
  lane.start();
  await rig.logged('engine.started');
  await rig.clock.advance(60_000);
  await laneBecomes(lane, isWarm);
  const controller = new AbortController();
  const job = await jobs.proveJob({ mode: 'core' });
  let advanced: Promise<unknown> | undefined;
  const outcome = lane.run(job, {
    signal: controller.signal,
    // Thirty seconds for the shards so far, also where both reports come at once.
    onProgress() {
      if (advanced === undefined) advanced = rig.clock.advance(30_000);
      else void advanced.then(() => controller.abort());
    },
  });
  assert.deepEqual(await outcome, failed(fail('ABORTED')));
  assert.equal(lane.isFree, false);
  await laneBecomes(lane, isWarm);
  assert.equal(lane.status.crashes, 0);
  assert.ok((await lane.run(job, unwatched())).ok);
  return rig.pids.map(isAlive);
}

test('giving up a proof that is done before a new engine could be lets it finish', quiet, async (t) => {
  assert.deepEqual(await giveUpAt(t, 9), [true]);
});

test('giving up a proof that has long to go kills the engine', quiet, async (t) => {
  assert.deepEqual(await giveUpAt(t, 1), [false, true]);
});

test('a prover that says nothing for an hour has hung', quiet, async (t) => {
  const { rig, jobs } = await set(t);
  const begun: Progress = { stage: 'proving', done: 0, total: 0, cycles: 0 };
  const lane = rig.lane(
    'prove',
    await rig.fake({ rules: [{ on: 'prove', progress: [begun], act: { kind: 'hang' } }] }),
  );
  lane.start();
  await laneBecomes(lane, isWarm);
  const started = new Promise<void>((resolve) => {
    void jobs.proveJob().then((job) => {
      outcome = lane.run(job, { ...unwatched(), onProgress: () => resolve() });
    });
  });
  let outcome: ReturnType<typeof lane.run<'prove'>> | undefined;
  await started;
  await rig.clock.advance(60 * 60_000);
  assert.deepEqual(await outcome, lost('cpu-prove-0', 'it has hung', true));
  assert.equal((await laneBecomes(lane, is('cooling'))).crashes, 1);
  assert.deepEqual(rig.pids.map(isAlive), [false]);
});

test(
  'an engine that cannot be started ends in quarantine, until an operator or half an hour has helped',
  quiet,
  async (t) => {
    const { rig } = await set(t);
    const lane = rig.lane('execute', { kind: 'cpu', command: '/nonexistent/engine', env: {} });
    lane.start();
    for (const pauseMs of [1_000, 2_000, 5_000, 15_000]) {
      await laneBecomes(lane, is('cooling'));
      await rig.clock.advance(pauseMs);
    }
    const status = await laneBecomes(lane, is('quarantined'));
    assert.equal(status.crashes, 5);
    await rig.clock.advance(30 * 60_000 - 1);
    assert.equal(lane.status.state, 'quarantined');
    lane.start();
    await laneBecomes(lane, is('cooling'));
    assert.match(JSON.stringify(rig.facts), /cannot be started \(ENOENT\)/);
  },
);

test('a proof waits while there is too little memory for it, and a smaller one does not', quiet, async (t) => {
  const { rig, jobs } = await set(t);
  // Between what a core and what a compressed proof need.
  const lane = rig.lane('prove', await rig.fake({ memoryAvailableBytes: 11.5e9 }));
  lane.start();
  await laneBecomes(lane, isWarm);
  const controller = new AbortController();
  const waiting = lane.run(await jobs.proveJob({ mode: 'compressed' }), { ...unwatched(), signal: controller.signal });
  const [fact] = await rig.logged('lane.memory_short');
  assert.match(`${fact?.['msg']}`, /^the proof waits: 5\.\d GB of memory are missing$/);
  while (rig.clock.nextWakeAt() === undefined) await rig.clock.settle();
  await rig.clock.advance(5_000);
  controller.abort();
  assert.deepEqual(await waiting, failed(fail('ABORTED')));
  await laneBecomes(lane, isWarm);
  assert.ok((await lane.run(await jobs.proveJob({ mode: 'core' }), unwatched())).ok);
  assert.deepEqual(rig.pids.map(isAlive), [true]);
});

test('stop ends a job, the engine and the connection, in every state', quiet, async (t) => {
  const { rig, jobs } = await set(t);
  const script = {
    rules: [{ on: 'execute', progress: [{ stage: 'executing', done: 0, total: 0, cycles: 1 }], act: { kind: 'hang' } }],
  } as const;
  const busy = rig.lane('execute', await rig.fake(script));
  busy.start();
  await laneBecomes(busy, isWarm);
  const job = await jobs.executeJob();
  const outcome = await new Promise((resolve) => {
    void busy.run(job, { ...unwatched(), onProgress: () => void busy.stop() }).then(resolve);
  });
  assert.deepEqual(outcome, failed(fail('ABORTED')));
  await busy.stop();

  const starting = rig.lane('execute', await rig.fake({ bindDelayMs: 60_000 }), { id: laneId('starting') });
  starting.start();
  await starting.stop();
  const started = rig.lane('execute', await rig.fake({ bindDelayMs: 60_000 }), { id: laneId('started') });
  started.start();
  await rig.logged('engine.started', rig.pids.length + 1);
  await started.stop();
  assert.deepEqual(
    [busy, starting, started].map((lane) => lane.status.state),
    ['stopped', 'stopped', 'stopped'],
  );
  assert.deepEqual(rig.pids.filter(isAlive), []);
});

test('stop in the very moment of a start waits for the process, and ends it', quiet, async (t) => {
  const { rig } = await set(t);
  const lane = rig.lane('execute', await rig.fake());
  lane.start();
  // The next turn of the event loop is in the middle of the launch.
  await new Promise(setImmediate);
  assert.deepEqual([lane.status.state, rig.pids], ['starting', []]);
  await lane.stop();
  await rig.logged('engine.started');
  assert.deepEqual(rig.pids.map(isAlive), [false]);
});
