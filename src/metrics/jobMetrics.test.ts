// Jobs in numbers, over lanes with fake engines in real processes, and over requests to their end.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Address, laneId, parseAddress } from '../ids.js';
import { LaneRig } from '../testkit/engine/laneRig.js';
import { samplesOf } from '../testkit/service/prometheusText.js';
import { createMemoryPages } from '../testkit/world/memoryPages.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { createWorld } from '../testkit/world/world.js';
import { createJobMetrics, registerEngineMemory } from './jobMetrics.js';
import { createMeter, type Meter } from './meter.js';

const quiet = { timeout: 300_000 };
const read = async (meter: Meter) => samplesOf(await meter.text());
const terms = { requester: parseAddress('aa'.repeat(20)) as Address, deadlineAt: 2_000_000_000_000, resumed: false };
const watch = { signal: new AbortController().signal, onGranted: () => {}, onProgress: () => {} };

it('an engine sets a program up once, and each job is told when it has it', quiet, async (t) => {
  const rig = await LaneRig.set(t);
  const meter = createMeter();
  const counted = createJobMetrics(meter, rig.clock);
  const proofsRead: string[] = [];
  const jobs = {
    ...counted,
    proofRead(requestId: Parameters<typeof counted.proofRead>[0]) {
      proofsRead.push(requestId);
      counted.proofRead(requestId);
    },
  };
  const id = laneId('cpu-prove-0');
  const dispatcher = rig.dispatcher([{ id, stage: 'prove', modes: ['core', 'compressed'], engine: await rig.fake() }], {
    jobs,
  });
  registerEngineMemory(meter, { lanes: [id], memory: () => dispatcher.engineMemory() });
  const job = await rig.engineRig.proveJob();
  for (let times = 0; times < 3; times += 1) assert.ok((await dispatcher.run(job, terms, watch)).ok);
  const found = await read(meter);
  assert.equal(found.get('setups_total{result="miss"}'), 1);
  assert.equal(found.get('setups_total{result="hit"}'), 2);
  assert.equal(found.get('dispatch_seconds_count{}'), 3);
  assert.equal(found.get('dispatch_seconds_sum{}'), 0);
  assert.deepEqual(proofsRead, [job.requestId, job.requestId, job.requestId]);
  const bytes = found.get('engine_resident_bytes{lane="cpu-prove-0"}') ?? 0;
  assert.ok(bytes > 1_000_000 && bytes < 10_000_000_000, `${bytes}`);
  await dispatcher.stop();
  assert.equal((await read(meter)).get('engine_resident_bytes{lane="cpu-prove-0"}'), undefined);
});

it(
  'completion is from the last byte of a proof to the end of its request, and only if that is fulfilled',
  quiet,
  async (t) => {
    const meter = createMeter();
    const clock = new SimulatedClock();
    const jobs = createJobMetrics(meter, clock);
    const world = await createWorld({ pages: createMemoryPages(), jobs });
    t.after(() => world.end());
    const fulfilled = await world.submit();
    await world.settle();
    await world.endStage(fulfilled);
    // A proof that did not verify came first.
    jobs.proofRead(fulfilled);
    await clock.advance(60_000);
    jobs.proofRead(fulfilled);
    await clock.advance(2_000);
    await world.endStage(fulfilled);
    await world.endStage(fulfilled);
    assert.equal(world.system.registry.view(fulfilled)?.state, 'fulfilled');
    const cancelled = await world.submit();
    await world.settle();
    jobs.proofRead(cancelled);
    await world.system.registry.cancel(cancelled);
    jobs.ended(cancelled, true);
    const found = await read(meter);
    assert.equal(found.get('completion_seconds_count{}'), 1);
    assert.equal(found.get('completion_seconds_sum{}'), 2);
  },
);
