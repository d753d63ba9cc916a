// Jobs and lanes brought together, over fake engines in real processes.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Stage } from '../engines/jobs.js';
import type { Failure } from '../failures/catalog.js';
import { fail } from '../failures/fail.js';
import { failed, type Outcome } from '../failures/outcome.js';
import { type Address, laneId, parseAddress } from '../ids.js';
import type { FakeScript } from '../testkit/engine/fakeEngineScript.js';
import { ampleCapacity, isAlive, LaneRig } from '../testkit/engine/laneRig.js';
import type { LaneSpec } from './createDispatcher.js';
import type { Dispatcher } from './dispatcher.js';
import type { LaneStatus, Terms } from './scheduling.js';

const quiet = { timeout: 300_000 };
const requester = (byte: string) => parseAddress(byte.repeat(20)) as Address;
const terms = (changes: Partial<Terms> = {}): Terms => ({
  requester: requester('aa'),
  deadlineAt: 2_000_000_000_000,
  resumed: false,
  ...changes,
});
const watch = (changes: { signal?: AbortSignal; onGranted?: (lane: string) => void } = {}) => ({
  signal: new AbortController().signal,
  onGranted: () => {},
  onProgress: () => {},
  ...changes,
});
const codeOf = (outcome: Outcome<unknown>): Failure['code'] | 'ok' => (outcome.ok ? 'ok' : outcome.failure.code);

async function becomes(dispatcher: Dispatcher, isWished: (lanes: readonly LaneStatus[]) => boolean): Promise<void> {
  if (isWished(dispatcher.lanes())) return;
  await new Promise<void>((resolve) => {
    const unsubscribe = dispatcher.onLaneChange(() => {
      if (!isWished(dispatcher.lanes())) return;
      unsubscribe();
      resolve();
    });
  });
}
const allAre = (state: LaneStatus['state']) => (lanes: readonly LaneStatus[]) =>
  lanes.every((lane) => lane.state === state);
const allWarm = (lanes: readonly LaneStatus[]) => lanes.every((lane) => lane.state === 'ready' && lane.warm);

async function set(t: TestContext) {
  const rig = await LaneRig.set(t);
  const lane = async (name: Stage, index: number, script: FakeScript = {}): Promise<LaneSpec> => ({
    id: laneId(`cpu-${name}-${index}`),
    stage: name,
    modes: name === 'prove' ? ['core', 'compressed'] : [],
    engine: await rig.fake(script),
  });
  return { rig, lane, jobs: rig.engineRig };
}

test('a job that comes before any lane is up is done, and each stage has its own lane', quiet, async (t) => {
  const { rig, lane, jobs } = await set(t);
  const dispatcher = rig.dispatcher([await lane('execute', 0), await lane('verify', 0), await lane('prove', 0)]);
  const granted: string[] = [];
  const onGranted = (id: string) => {
    granted.push(id);
    assert.equal(dispatcher.lanes().find((each) => each.id === id)?.state, 'busy');
  };
  const job = await jobs.proveJob();
  assert.ok((await dispatcher.run(job, terms(), watch({ onGranted }))).ok);
  assert.ok((await dispatcher.run(await jobs.executeJob(), terms(), watch({ onGranted }))).ok);
  const verifying = await jobs.verifyJob(await readFile(job.output.path));
  assert.ok((await dispatcher.run(verifying, terms(), watch({ onGranted }))).ok);
  assert.deepEqual(granted, ['cpu-prove-0', 'cpu-execute-0', 'cpu-verify-0']);
});

test('waiting jobs take turns by policy: restarted, then requesters in turn, then deadlines', quiet, async (t) => {
  const { rig, lane, jobs } = await set(t);
  const dispatcher = rig.dispatcher([await lane('execute', 0)]);
  const order: string[] = [];
  const job = await jobs.executeJob();
  await becomes(dispatcher, allWarm);
  // The first keeps the lane busy while the others come.
  const submit = (name: string, how: Partial<Terms>) =>
    dispatcher.run(job, terms(how), watch({ onGranted: () => void order.push(name) }));
  const [a, b] = [requester('aa'), requester('bb')];
  const all = [
    submit('first', { requester: requester('cc') }),
    submit('a late', { requester: a, deadlineAt: 1_900_000_000_002 }),
    submit('a early', { requester: a, deadlineAt: 1_900_000_000_001 }),
    submit('a last', { requester: a, deadlineAt: 1_900_000_000_003 }),
    submit('b', { requester: b, deadlineAt: 1_950_000_000_000 }),
    submit('restarted', { requester: a, deadlineAt: 1_999_000_000_000, resumed: true }),
  ];
  assert.deepEqual((await Promise.all(all)).map(codeOf), ['ok', 'ok', 'ok', 'ok', 'ok', 'ok']);
  assert.deepEqual(order, ['first', 'restarted', 'a early', 'b', 'a late', 'a last']);
});

test('a proof goes to the lane that has its program set up', quiet, async (t) => {
  const { rig, lane, jobs } = await set(t);
  const dispatcher = rig.dispatcher([await lane('prove', 0), await lane('prove', 1)]);
  await becomes(dispatcher, allWarm);
  const first = await jobs.proveJob();
  const granted: string[] = [];
  for (let round = 0; round < 3; round++) {
    assert.ok((await dispatcher.run(first, terms(), watch({ onGranted: (id) => void granted.push(id) }))).ok);
    await becomes(dispatcher, allWarm);
  }
  assert.equal(new Set(granted).size, 1);
});

test('a job given up in the queue leaves it; one given up before never enters it', quiet, async (t) => {
  const { rig, lane, jobs } = await set(t);
  const [spec, job] = [await lane('execute', 0), await jobs.executeJob()];
  // What follows happens before any engine can have started.
  const dispatcher = rig.dispatcher([spec]);
  const controller = new AbortController();
  const never = () => assert.fail('granted');
  const waiting = dispatcher.run(job, terms(), watch({ signal: controller.signal, onGranted: never }));
  assert.equal(dispatcher.waiting('execute'), 1);
  controller.abort();
  assert.equal(dispatcher.waiting('execute'), 0);
  assert.deepEqual(await waiting, failed(fail('ABORTED')));
  assert.equal(codeOf(await dispatcher.run(job, terms(), watch({ signal: controller.signal }))), 'ABORTED');
  assert.ok((await dispatcher.run(job, terms(), watch())).ok);
});

test('the queue is bounded', quiet, async (t) => {
  const { rig, lane, jobs } = await set(t);
  const [spec, job] = [await lane('execute', 0), await jobs.executeJob()];
  const dispatcher = rig.dispatcher([spec], { limits: { jobs: 1, bytes: 1e9 } });
  // All of them before any engine can have started.
  const first = dispatcher.run(job, terms(), watch());
  const second = dispatcher.run(job, terms(), watch());
  const resumed = dispatcher.run(job, terms({ resumed: true }), watch());
  assert.deepEqual(await second, failed(fail('QUEUE_FULL', { limit: 1 })));
  assert.deepEqual((await Promise.all([first, resumed])).map(codeOf), ['ok', 'ok']);
});

test('while its only lane is in quarantine a job waits, until an operator has repaired it', quiet, async (t) => {
  const { rig, lane, jobs } = await set(t);
  const memoryPath = join(rig.engineRig.folder, 'memory.json');
  // It dies five times while idle, by its warm-up, and is well from then on.
  const script: FakeScript = { memoryPath, rules: [{ on: 'info', times: 5, act: { kind: 'crash' } }] };
  const dispatcher = rig.dispatcher([await lane('execute', 0, script)]);
  let isDone = false;
  const outcome = dispatcher.run(await jobs.executeJob(), terms(), watch());
  void outcome.then(() => (isDone = true));
  for (const pauseMs of [1_000, 2_000, 5_000, 15_000]) {
    await becomes(dispatcher, allAre('cooling'));
    await rig.clock.advance(pauseMs);
  }
  await becomes(dispatcher, allAre('quarantined'));
  assert.equal(isDone, false);
  dispatcher.startLane(laneId('no such lane'));
  dispatcher.startLane(laneId('cpu-execute-0'));
  assert.ok((await outcome).ok);
});

test('a mode is refused with the reason: memory, circuit files, or no lane for it', quiet, async (t) => {
  const { rig, lane } = await set(t);
  const capacity = {
    ...ampleCapacity,
    refusal: (mode: string) =>
      mode === 'compressed' ? 'one needs 18.0 GB of memory, this machine has 16.1 GB' : undefined,
  };
  const prover = {
    ...(await lane('prove', 0, { wrapCircuits: [] })),
    modes: ['core', 'compressed', 'groth16'] as const,
  };
  const idle: LaneSpec = { ...(await lane('prove', 1)), modes: ['compressed'] };
  const dispatcher = rig.dispatcher([prover, idle], { capacity });
  assert.deepEqual(
    dispatcher.lanes().map(({ id, modes }) => [id, modes]),
    [['cpu-prove-0', ['core']]],
  );
  assert.equal(dispatcher.refusal('core'), undefined);
  assert.equal(dispatcher.refusal('compressed'), 'one needs 18.0 GB of memory, this machine has 16.1 GB');
  assert.equal(dispatcher.refusal('plonk'), 'no lane of this service is configured for them');
  assert.match(dispatcher.refusal('groth16') ?? '', /^their circuit files are not on this machine/);
});

test('drain lets the running job finish and grants no other; stop leaves nothing behind', quiet, async (t) => {
  const { rig, lane, jobs } = await set(t);
  const dispatcher = rig.dispatcher([await lane('execute', 0)]);
  await becomes(dispatcher, allWarm);
  const [job, other] = [await jobs.executeJob(), await jobs.executeJob()];
  const running = dispatcher.run(job, terms(), watch());
  void dispatcher.run(other, terms(), watch({ onGranted: () => assert.fail('granted') }));
  await dispatcher.drain(60_000);
  assert.equal(codeOf(await running), 'ok');
  await dispatcher.drain(60_000);
  assert.equal(dispatcher.waiting('execute'), 1);
  await dispatcher.stop();
  assert.deepEqual(rig.pids.map(isAlive), [false]);
  assert.equal(rig.clock.nextWakeAt(), undefined);
});

test('drain has an end, and stop gives up what still runs', quiet, async (t) => {
  const { rig, lane, jobs } = await set(t);
  const dispatcher = rig.dispatcher([await lane('execute', 0, { rules: [{ on: 'execute', act: { kind: 'hang' } }] })]);
  await becomes(dispatcher, allWarm);
  const running = dispatcher.run(await jobs.executeJob(), terms(), watch());
  const drained = dispatcher.drain(10_000);
  await rig.clock.advance(10_000);
  await drained;
  await dispatcher.stop();
  assert.equal(codeOf(await running), 'ABORTED');
});

test('a GPU lane needs none of our memory', quiet, async (t) => {
  const { rig } = await set(t);
  const capacity = { ...ampleCapacity, refusal: () => 'no memory' };
  const socketPath = join(rig.engineRig.folder, 'gpu.sock');
  const gpu: LaneSpec = {
    id: laneId('gpu-0'),
    stage: 'prove',
    modes: ['compressed'],
    engine: { kind: 'gpu', socketPath },
  };
  const dispatcher = rig.dispatcher([gpu], { capacity });
  assert.equal(dispatcher.refusal('compressed'), undefined);
  assert.equal(dispatcher.refusal('core'), 'no lane of this service is configured for them');
});

test(
  'operators: what they have ordered is granted nothing, and its engine is ended and started at their word',
  quiet,
  async (t) => {
    const { rig, lane, jobs } = await set(t);
    const hanging = { rules: [{ on: 'execute', times: 1, act: { kind: 'hang' } }] } as FakeScript;
    const dispatcher = rig.dispatcher([await lane('execute', 0, hanging)]);
    await becomes(dispatcher, allWarm);
    let mayGrant = false;
    dispatcher.obey({ mayGrant: () => mayGrant, mayStart: () => true });
    const granted: string[] = [];
    const onGranted = (id: string) => granted.push(id);
    const first = dispatcher.run(await jobs.executeJob(), terms(), watch({ onGranted }));
    dispatcher.reconsider();
    assert.deepEqual([granted, dispatcher.waiting('execute')], [[], 1]);
    mayGrant = true;
    dispatcher.reconsider();
    assert.deepEqual(granted, ['cpu-execute-0']);
    await dispatcher.stopLane(laneId('cpu-execute-0'));
    assert.equal(codeOf(await first), 'ABORTED');
    assert.deepEqual([dispatcher.lanes()[0]?.state, rig.pids.map(isAlive)], ['stopped', [false]]);
    dispatcher.startLane(laneId('cpu-execute-0'));
    await becomes(dispatcher, allWarm);
  },
);
