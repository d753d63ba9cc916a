// Programs that operators set up and free on a lane, over fake engines: nobody's request pays for it, and what comes of it is told.
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ProveJob } from '../engines/jobs.js';
import { fail } from '../failures/fail.js';
import { type Address, laneId } from '../ids.js';
import type { FakeScript } from '../testkit/engine/fakeEngineScript.js';
import { LaneRig, laneBecomes } from '../testkit/engine/laneRig.js';
import type { Lane } from './lane.js';
import type { LaneStatus, ProgramOrder } from './scheduling.js';

const quiet = { timeout: 300_000 };
const is = (state: LaneStatus['state']) => (status: LaneStatus) => status.state === state;
const isWarm = (status: LaneStatus) => status.state === 'ready' && status.warm;
const terms = { requester: 'aa'.repeat(20) as Address, deadlineAt: 2_000_000_000_000, resumed: false };
const unwatched = () => ({ signal: new AbortController().signal, onGranted: () => {}, onProgress: () => {} });

/** Orders about the program of a job. */
function ordersFor({ vkHash, vk, program }: ProveJob) {
  const released: string[] = [];
  const named = { vkHash, program: program.sha256, noted: async () => {} };
  const load = async () => ({ file: program, release: () => void released.push(program.sha256) });
  const setUp = { ...named, what: 'set-up', vk, load } as const satisfies ProgramOrder;
  return { setUp, forget: { ...named, what: 'forget' } as const satisfies ProgramOrder, released };
}

/** A lane that proves, on an engine that this process plays. */
async function gpuLane(t: TestContext, script: FakeScript = {}) {
  const rig = await LaneRig.set(t);
  const { engineRig } = rig;
  const fake = await engineRig.fake(t, script);
  const lane = rig.lane('prove', { kind: 'gpu', socketPath: engineRig.socketPath });
  lane.start();
  await laneBecomes(lane, isWarm);
  fake.begun.length = 0;
  const job = await engineRig.proveJob();
  return { rig, fake, lane, job, begun: () => fake.begun.map(({ kind }) => kind), ...ordersFor(job) };
}

/** A lane whose engine is a process. */
async function cpuLane(t: TestContext, script: FakeScript) {
  const rig = await LaneRig.set(t);
  const memoryPath = join(rig.engineRig.folder, 'memory.json');
  const lane = rig.lane('prove', await rig.fake({ memoryPath, ...script }));
  lane.start();
  await laneBecomes(lane, isWarm);
  const job = await rig.engineRig.proveJob();
  return { rig, lane, job, ...ordersFor(job) };
}

async function prepared(lane: Lane, order: ProgramOrder) {
  assert.ok(lane.prepare(order));
  assert.deepEqual([lane.status.state, lane.isFree], ['preparing', false]);
  await laneBecomes(lane, is('ready'));
  const { what, isUnderWay, failure } = lane.report.preparation ?? {};
  assert.deepEqual([what, isUnderWay], [order.what, false]);
  return failure;
}

test(
  'a program that was set up is there: its first proof begins without, and it can be freed again',
  quiet,
  async (t) => {
    const { lane, job, setUp, forget, released, begun } = await gpuLane(t);
    assert.equal(await prepared(lane, setUp), undefined);
    assert.deepEqual([begun(), lane.report.programs], [['setup'], [job.program.sha256]]);
    assert.deepEqual(released, [job.program.sha256]);
    assert.ok((await lane.run(job, unwatched())).ok);
    await laneBecomes(lane, is('ready'));
    assert.deepEqual(begun(), ['setup', 'prove']);
    assert.equal(await prepared(lane, forget), undefined);
    assert.deepEqual([begun(), lane.report.programs], [['setup', 'prove', 'destroy'], []]);
  },
);

test('a job is not given to a lane that is prepared, and is right after', quiet, async (t) => {
  const rig = await LaneRig.set(t);
  const held = join(rig.engineRig.folder, 'held');
  await writeFile(held, '');
  const engine = await rig.fake({ rules: [{ on: 'setup', whileThere: held }] });
  const id = laneId('cpu-prove-0');
  const dispatcher = rig.dispatcher([{ id, stage: 'prove', modes: ['compressed'], engine }]);
  const becomes = (isWished: (status: LaneStatus | undefined) => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => isWished(dispatcher.lanes()[0]) && resolve();
      rig.t.after(dispatcher.onLaneChange(look));
      look();
    });
  await becomes((status) => status !== undefined && isWarm(status));
  const job = await rig.engineRig.proveJob();
  const { setUp } = ordersFor(job);
  assert.ok(dispatcher.prepareLane(id, setUp));
  assert.ok(!dispatcher.prepareLane(id, setUp), 'it is taken');
  assert.ok(!dispatcher.prepareLane(laneId('gone'), setUp));
  const states: string[] = [];
  dispatcher.onLaneChange(({ state }) => void states.push(state));
  const proof = dispatcher.run(job, terms, unwatched());
  assert.deepEqual([dispatcher.waiting('prove'), states], [1, []]);
  await rm(held);
  assert.ok((await proof).ok);
  assert.deepEqual(states.slice(0, 2), ['ready', 'busy']);
});

test('an engine that dies while it sets up has crashed, and the lane says of what', quiet, async (t) => {
  const { lane, setUp, rig, job } = await cpuLane(t, {
    rules: [{ on: 'setup', times: 1, act: { kind: 'crash' } }],
  });
  assert.ok(lane.prepare(setUp));
  const { crashes } = await laneBecomes(lane, is('cooling'));
  const failure = fail('ENGINE_LOST', { laneId: lane.id, detail: 'exit code 134', blame: true });
  const { preparation, lastFailure } = lane.report;
  assert.deepEqual([crashes, preparation?.failure, preparation?.isUnderWay, lastFailure], [1, failure, false, failure]);
  await rig.clock.advance(1_000);
  await laneBecomes(lane, isWarm);
  assert.ok((await lane.run(job, unwatched())).ok);
});

test('what the engine refuses is told, and is no crash', quiet, async (t) => {
  const act = { kind: 'proverError', text: 'no such section' } as const;
  const { lane, setUp, released } = await gpuLane(t, {
    rules: [
      { on: 'setup', times: 1 },
      { on: 'setup', act },
    ],
  });
  const failure = await prepared(lane, setUp);
  assert.equal(failure?.code, 'ENGINE_REFUSED');
  assert.deepEqual([lane.status.crashes, lane.report.programs, released.length], [0, [], 1]);
});

test('a program of another key than the registered one is freed again', quiet, async (t) => {
  const { lane, setUp, job, begun } = await gpuLane(t);
  const failure = await prepared(lane, { ...setUp, vk: '77'.repeat(104) });
  assert.deepEqual(failure, fail('VERIFICATION_KEY_MISMATCH', { vkHash: job.vkHash }));
  assert.deepEqual([begun(), lane.report.programs, lane.status.crashes], [['setup', 'destroy'], [], 0]);
});

test('a program whose file is gone is told as that', quiet, async (t) => {
  const { lane, setUp, begun } = await gpuLane(t);
  const load = () => Promise.reject(new Error('the disk'));
  assert.equal((await prepared(lane, { ...setUp, load }))?.code, 'INTERNAL');
  assert.deepEqual(begun(), []);
});

test('nothing is done where it could not be noted', quiet, async (t) => {
  const { lane, setUp, begun } = await gpuLane(t);
  assert.ok(lane.prepare({ ...setUp, noted: () => Promise.reject(new Error('a full disk')) }));
  await laneBecomes(lane, is('ready'));
  assert.deepEqual([begun(), lane.report.preparation], [[], undefined]);
});

test('a lane that is stopped meanwhile gives it up, which is no crash', quiet, async (t) => {
  const hangs = { on: 'setup', act: { kind: 'hang' } } as const;
  const { lane, rig, setUp, released, begun } = await gpuLane(t, { rules: [{ on: 'setup', times: 1 }, hangs] });
  assert.ok(lane.prepare(setUp));
  while (!begun().includes('setup')) await new Promise(setImmediate);
  assert.deepEqual([lane.report.preparation?.isUnderWay, lane.report.preparation?.progress?.stage], [true, 'setup']);
  await lane.stop();
  await rig.logged('lane.prepared');
  const { preparation, state, crashes } = lane.report;
  assert.deepEqual([preparation?.failure, state, crashes], [fail('ABORTED'), 'stopped', 0]);
  assert.equal(released.length, 1);
});

test('what was given up leaves the next one alone, however late it ends', quiet, async (t) => {
  const { lane, rig, setUp, job } = await gpuLane(t);
  const loading: (() => void)[] = [];
  const load = () =>
    new Promise<Awaited<ReturnType<typeof setUp.load>>>((resolve) =>
      loading.push(() => resolve({ file: job.program, release: () => {} })),
    );
  assert.ok(lane.prepare({ ...setUp, load }));
  while (loading.length < 1) await new Promise(setImmediate);
  await lane.stop();
  lane.start();
  await laneBecomes(lane, isWarm);
  assert.ok(lane.prepare({ ...setUp, load }));
  while (loading.length < 2) await new Promise(setImmediate);
  loading[0]?.();
  await rig.logged('lane.prepared');
  assert.deepEqual([lane.status.state, lane.report.preparation?.isUnderWay], ['preparing', true]);
  loading[1]?.();
  await laneBecomes(lane, is('ready'));
  assert.deepEqual([lane.report.preparation?.failure, lane.report.programs], [undefined, [job.program.sha256]]);
});

test('an engine that says nothing any more is taken for dead', quiet, async (t) => {
  const { lane, rig, setUp } = await cpuLane(t, { rules: [{ on: 'setup', act: { kind: 'hang' } }] });
  assert.ok(lane.prepare(setUp));
  let isOver = false;
  const over = laneBecomes(lane, is('cooling')).then(() => (isOver = true));
  while (!isOver) await rig.clock.advance(60_000);
  await over;
  assert.deepEqual(
    lane.report.preparation?.failure,
    fail('ENGINE_LOST', { laneId: lane.id, detail: 'it has hung', blame: true }),
  );
});
