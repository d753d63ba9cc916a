// What Prometheus reads: its form, that it agrees with the journal, that no client can make a series, and that dashboard and alerts ask for
// what there is.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { fail } from '../failures/fail.js';
import { failed } from '../failures/outcome.js';
import { laneId } from '../ids.js';
import type { LaneStatus } from '../lanes/scheduling.js';
import { schemaVersion } from '../store/buckets.js';
import { createStore } from '../store/environment.js';
import { Tally } from '../tally.js';
import { createNetworkWorld } from '../testkit/fakeNetwork/networkWorld.js';
import { parsePrometheus, samplesOf } from '../testkit/service/prometheusText.js';
import { certificateOf } from '../testkit/testCertificates.js';
import { createMemoryPages } from '../testkit/world/memoryPages.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { createWorld, type World } from '../testkit/world/world.js';
import { createCallMetrics } from './callMetrics.js';
import { createHttpMetrics } from './httpMetrics.js';
import { createJobMetrics, registerEngineMemory } from './jobMetrics.js';
import { registerLaneMetrics } from './laneMetrics.js';
import { createMeter, type Meter } from './meter.js';
import { registerNeeds } from './needsMetrics.js';
import { createPoolMetrics } from './poolMetrics.js';
import { registerProcessMetrics } from './processMetrics.js';
import { createStoreMetrics } from './storeMetrics.js';
import { registerCertificate, registerUpkeepMetrics } from './upkeepMetrics.js';
import { registerWorkerMetrics } from './workerMetrics.js';

const samplesIn = (text: string): Map<string, number> =>
  new Map([...samplesOf(text)].map(([name, value]) => [`sealed_${name}`, value]));

const operating = readFileSync('docs/operating.md', 'utf8');

const read = async (meter: Meter) => samplesIn(await meter.text());

async function start(t: TestContext): Promise<World> {
  const world = await createWorld({ pages: createMemoryPages() });
  t.after(() => world.end());
  return world;
}

async function startFront(t: TestContext): Promise<World> {
  const made = await createNetworkWorld();
  t.after(() => made.end());
  return made.world;
}

function tallyOf<K>(each: readonly K[]): Tally<K> {
  const tally = new Tally<K>();
  for (const key of each) tally.add(key);
  return tally;
}

/** All that a service registers beside what its assembly does. */
function registerOthers(t: TestContext, meter: Meter): void {
  createStoreMetrics(meter, new SimulatedClock());
  createCallMetrics(meter, { paths: [], clock: new SimulatedClock() });
  createHttpMetrics(meter, { routes: [], clock: new SimulatedClock() });
  createJobMetrics(meter, new SimulatedClock());
  registerEngineMemory(meter, { lanes: [], memory: () => [] });
  createPoolMetrics(meter, new SimulatedClock());
  registerWorkerMetrics(meter, () => []);
  registerNeeds(meter, { needs: async () => tallyOf(['SILENT' as const]), watchers: { count: 2 } });
  const clock = { now: () => Date.UTC(2026, 0, 1) };
  registerUpkeepMetrics(meter, { clock, upkeep: { lastBackupAt: 0, problems: 3 }, isPaused: () => false });
  registerCertificate(meter, { clock, certificate: () => certificateOf('server-expired').cert });
  const stop = registerProcessMetrics(meter, {
    version: '1.2.3',
    engine: 'sp1-v6.1.0',
    schema: schemaVersion,
    life: 4,
    residentBytes: () => 5,
    disk: async () => ({ freeBytes: 6, sizeBytes: 7 }),
  });
  t.after(stop);
}

describe('the metrics', { timeout: 300_000 }, () => {
  it('have the form that Prometheus reads, and names that end in what they are', async (t) => {
    const world = await startFront(t);
    registerOthers(t, world.meter);
    const text = await world.meter.text();
    const families = parsePrometheus(text);
    assert.deepEqual([...families.keys()].sort(), [...world.meter.registered().keys()].sort());
    for (const [name, { type, help }] of families) {
      assert.match(name, /^sealed_[a-z_]+$/);
      assert.equal(name.endsWith('_total'), type === 'counter', name);
      assert.match(help, /^[A-Z].*\.$/, name);
      if (type === 'histogram') assert.match(name, /_seconds$|_size$/);
      assert.ok(operating.includes(`\`${name}\``), `docs/operating.md says nothing of ${name}`);
    }
    const found = samplesIn(text);
    assert.equal(found.get('sealed_build_info{engine="sp1-v6.1.0",schema="2",version="1.2.3"}'), 1);
    assert.equal(found.get('sealed_needs_you{reason="SILENT"}'), 1);
    assert.equal(found.get('sealed_serving{}'), 1);
    assert.equal(found.get('sealed_check_problems{}'), 3);
    assert.ok(Number(found.get('sealed_certificate_expiry_seconds{}')) < 0);
    assert.deepEqual(
      ['used', 'limit'].map((kind) => found.get(`sealed_upload_space_bytes{kind="${kind}"}`)),
      [0, 1e12],
    );
    assert.equal(found.get('sealed_uploads_running{}'), 0);
  });

  it('agree with the journal, whatever becomes of requests', async (t) => {
    const world = await start(t);
    for (const ms of [1_000, 20_000]) await world.prove(ms);
    const refused = await world.submit();
    await world.settle();
    await world.endStage(refused);
    for (let tries = 0; world.system.registry.view(refused)?.state !== 'failed'; tries += 1) {
      const job = world.lanes.waiting.find((each) => each.job.requestId === refused);
      job?.answer(failed(fail('ENGINE_LOST', { laneId: laneId('gpu-0'), detail: 'it died', blame: true })));
      await world.settle();
      await world.clock.advance(60_000);
      assert.ok(tries < 10);
    }
    const cancelled = await world.submit();
    await world.settle();
    await world.system.registry.cancel(cancelled);
    await world.submit();
    await world.settle();

    const ends: Record<string, number> = {};
    const retries: Record<string, number> = {};
    for (const { key } of world.store.scan('snapshots', [])) {
      for (const { from, to, failure } of world.journal(key[0])) {
        if (['fulfilled', 'failed', 'cancelled'].includes(to)) ends[to] = (ends[to] ?? 0) + 1;
        else if (failure) retries[from.split('.')[0] ?? ''] = (retries[from.split('.')[0] ?? ''] ?? 0) + 1;
      }
    }
    const found = await read(world.meter);
    assert.deepEqual(ends, { fulfilled: 2, failed: 1, cancelled: 1 });
    for (const [state, count] of Object.entries(ends))
      assert.equal(found.get(`sealed_requests_total{mode="core",state="${state}"}`), count, state);
    for (const [stage, count] of Object.entries(retries))
      assert.equal(found.get(`sealed_stage_retries_total{code="ENGINE_LOST",stage="${stage}"}`), count);
    assert.ok(Object.keys(retries).length > 0);
    const view = world.system.registry.view(refused);
    assert.equal(view?.state, 'failed');
    if (view?.state === 'failed')
      assert.equal(found.get(`sealed_request_failures_total{code="${view.failure.code}"}`), 1);
    assert.equal(found.get('sealed_requests_open{state="executing"}'), 1);
    const ran = 'sealed_stage_run_seconds';
    assert.equal(found.get(`${ran}_count{mode="core",outcome="done",stage="proving"}`), 2);
    assert.equal(found.get(`${ran}_sum{mode="core",outcome="done",stage="proving"}`), 21);
    assert.equal(found.get('sealed_feed_entries_total{}'), world.assembly.feed.newest);
  });

  it('have no series but those of their closed sets: what is none of them is told as other', async () => {
    const meter = createMeter();
    const counter = meter.counter({ name: 'sealed_test_total', help: 'A test.', labels: { code: ['A'] } });
    for (const code of ['A', 'B', 'C"\n', 'constructor']) counter.add({ code });
    const found = await read(meter);
    assert.deepEqual(
      [...found],
      [
        ['sealed_test_total{code="A"}', 1],
        ['sealed_test_total{code="other"}', 3],
      ],
    );
    assert.throws(() => meter.counter({ name: 'sealed_test', help: 'No count.' }), /no name of a metric/);
    assert.throws(() => meter.gauge({ name: 'other_test', help: 'Not ours.' }, () => []), /no name of a metric/);
  });

  it('show nothing of any request or requester', async (t) => {
    const world = await start(t);
    await world.prove(1_000);
    const text = await world.meter.text();
    const [view] = world.seen;
    assert.ok(view);
    for (const secret of [view.request.requestId, view.request.requester, view.request.vkHash, view.request.stdin.id])
      assert.ok(!text.includes(secret) && !text.includes(secret.slice(-8)));
  });

  it('tell how lanes work, crash and start, by running time', async () => {
    const clock = new SimulatedClock();
    const meter = createMeter();
    const of: LaneStatus = {
      id: laneId('gpu-0'),
      kind: 'gpu',
      stage: 'prove',
      state: 'stopped',
      modes: ['core'],
      warm: false,
      crashes: 0,
      lastFailure: null,
    };
    let tell: (lane: LaneStatus) => void = () => {};
    let lane = of;
    const change = async (changes: Partial<LaneStatus>, afterMs: number) => {
      await clock.advance(afterMs);
      lane = { ...lane, ...changes };
      tell(lane);
    };
    const stop = registerLaneMetrics(meter, {
      scheduling: {
        lanes: () => [lane],
        onLaneChange(listener) {
          tell = listener;
          return () => {
            tell = () => {};
          };
        },
      },
      clock,
      lines: async () => [
        { name: 'prove', byMode: tallyOf(['core', 'core']), oldestMs: 9_000 },
        { name: 'verify', byMode: tallyOf([]), oldestMs: undefined },
      ],
    });
    await change({ state: 'starting' }, 1_000);
    await change({ state: 'ready' }, 20_000);
    await change({ state: 'busy' }, 5_000);
    await change({ warm: true }, 5_000);
    await change({ state: 'broken', crashes: 1, lastFailure: fail('OUT_OF_MEMORY', { laneId: of.id }) }, 2_000);
    const lost = fail('ENGINE_LOST', { laneId: of.id, detail: 'it died', blame: true });
    await change({ crashes: 3, lastFailure: lost }, 2_000);
    stop();
    await change({ state: 'ready', crashes: 9 }, 2_000);
    const found = await read(meter);
    assert.equal(found.get('sealed_lane_busy_seconds_total{lane="gpu-0",stage="prove"}'), 7);
    assert.equal(found.get('sealed_lane_crashes_total{lane="gpu-0",oom="true"}'), 1);
    assert.equal(found.get('sealed_lane_crashes_total{lane="gpu-0",oom="false"}'), 2);
    assert.equal(found.get('sealed_lane_start_seconds_sum{lane="gpu-0"}'), 20);
    assert.equal(found.get('sealed_lane_state{lane="gpu-0",state="ready"}'), 1);
    assert.equal(found.get('sealed_queue_depth{line="prove",mode="core"}'), 2);
    assert.equal(found.get('sealed_queue_oldest_seconds{line="prove"}'), 9);
    assert.equal(found.get('sealed_queue_oldest_seconds{line="verify"}'), 0);
  });

  it('tell how commits go, also those that find no room', async () => {
    const meter = createMeter();
    let isFull = false;
    const reserve = () => {
      if (isFull) throw new Error('No space left on device');
    };
    const store = await createStore(createMemoryPages({ reserve }), createStoreMetrics(meter, new SimulatedClock()));
    const before = (await read(meter)).get('sealed_store_flush_seconds_count{}') ?? 0;
    await Promise.all([1, 2, 3].map((n) => store.write((tx) => tx.put('meta', [`m${n}`], n))));
    isFull = true;
    await assert.rejects(store.write((tx) => tx.put('meta', ['x'], 1)));
    const found = await read(meter);
    assert.equal(found.get('sealed_store_flush_seconds_count{}'), before + 1);
    assert.equal(found.get('sealed_store_write_failures_total{code="DISK_FULL"}'), 1);
  });
});

describe('dashboard and alerts', () => {
  const suffixes = /_(bucket|sum|count)$/;
  /** Names of metrics in an expression, with the labels that stand behind each. */
  const asked = (expression: string) =>
    [...expression.matchAll(/(sealed_[a-z_]+)(?:\{([^}]*)\})?/g)].map(([, name = '', selector = '']) => ({
      name,
      labels: [...selector.matchAll(/([a-z_]+)(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
    }));
  const grouped = (expression: string) =>
    [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, names = '']) => names.split(/, ?/));

  async function assertKnown(t: TestContext, expressions: readonly string[]): Promise<void> {
    const world = await startFront(t);
    registerOthers(t, world.meter);
    const known = world.meter.registered();
    assert.ok(expressions.length > 0);
    for (const expression of expressions) {
      const names = asked(expression);
      const all = names.flatMap(({ name }) => known.get(name) ?? known.get(name.replace(suffixes, '')) ?? []);
      for (const { name, labels } of names) {
        const of = known.get(name) ?? known.get(name.replace(suffixes, ''));
        assert.ok(of, `${name} in ${expression}`);
        for (const label of labels) assert.ok(['instance', ...of].includes(label), `${label} in ${expression}`);
      }
      for (const label of grouped(expression)) assert.ok(['instance', 'le', ...all].includes(label), expression);
    }
  }

  it('the alerts ask for what is registered', async (t) => {
    const { groups } = parseYaml(readFileSync('ops/alerts.yaml', 'utf8')) as {
      groups: { rules: { alert: string; expr: string; annotations: { summary: string } }[] }[];
    };
    const rules = groups.flatMap((group) => group.rules);
    for (const { annotations } of rules) assert.match(annotations.summary, /[.]$/);
    await assertKnown(
      t,
      rules.map(({ expr }) => expr),
    );
    for (const { alert } of rules)
      assert.ok(operating.includes(`\`${alert}\``), `docs/operating.md says nothing of ${alert}`);
  });

  it('the dashboard asks for what is registered', async (t) => {
    const { panels } = JSON.parse(readFileSync('ops/grafana.json', 'utf8')) as {
      panels: { targets?: { expr: string }[] }[];
    };
    await assertKnown(
      t,
      panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    );
  });
});
