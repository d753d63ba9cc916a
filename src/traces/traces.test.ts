// How traces come to a collector on a real port, and what becomes of them while it is away, slow, or does not want them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { createMeter } from '../metrics/meter.js';
import { freePort } from '../testkit/freePort.js';
import { startFakeCollector } from '../testkit/traces/fakeCollector.js';
import { counted, lostIs, passUntil, sentIs, startTraced, startTracedAt } from '../testkit/traces/tracesRig.js';
import { createCollector } from './collector.js';
import { createTraces } from './traces.js';

describe('traces', { timeout: 120_000 }, () => {
  it('that end together go in one call', async (t) => {
    const rig = await startTraced(t);
    await rig.world.prove(0);
    await rig.world.prove(0);
    await sentIs(rig, 2);
    assert.equal(rig.collector.bodies.length, 1);
    assert.equal(new Set(rig.collector.spans.map(({ traceId }) => traceId)).size, 2);
  });

  it('are sent again after 429, 502, 503 and 504, the same, and not before the collector wants them', async (t) => {
    const rig = await startTraced(t);
    const { world, collector, told } = rig;
    collector.reply(
      { status: 429, headers: { 'retry-after': '30' } },
      { status: 502 },
      { status: 503 },
      { status: 504 },
    );
    await world.prove(0);
    await passUntil(world, () => collector.bodies.length === 1, collector);
    await passUntil(world, () => collector.open === 0);
    const refusedAt = world.clock.now();
    await passUntil(world, () => collector.bodies.length === 2, collector);
    assert.ok(world.clock.now() - refusedAt >= 29_000, 'it has asked for 30 s');
    await sentIs(rig, 1);
    assert.equal(collector.bodies.length, 5);
    assert.equal(new Set(collector.bodies).size, 1);
    assert.deepEqual([await counted(world, 'lost'), told], [0, []]);
  });

  it('are lost at once after 400, counted, said once, and the next ones are sent', async (t) => {
    const rig = await startTraced(t);
    const { world, collector, told } = rig;
    collector.reply({ status: 400 }, { status: 400 });
    await world.prove(0);
    await lostIs(rig, 1);
    await world.prove(0);
    await lostIs(rig, 2);
    assert.equal(collector.bodies.length, 2, 'none is sent again');
    await world.prove(0);
    await sentIs(rig, 1);
    assert.deepEqual(
      told.map(({ event, count, why, lost }) => [event, count ?? lost, why]),
      [
        ['traces.lost', 1, 'HTTP 400'],
        ['traces.resumed', 2, undefined],
      ],
    );
  });

  it('follow no redirection: where it leads was not configured', async (t) => {
    const rig = await startTraced(t);
    const other = await startFakeCollector();
    t.after(() => other.close());
    rig.collector.reply({ status: 307, headers: { location: `${other.endpoint}/v1/traces` } });
    await rig.world.prove(0);
    await lostIs(rig, 1);
    assert.deepEqual(other.bodies, []);
  });

  it('cost nothing while the collector is away: five calls, then lost, and proofs go on', async (t) => {
    const port = await freePort();
    const { world, told } = await startTracedAt(t, `http://127.0.0.1:${port}`);
    await world.prove(0);
    await passUntil(world, async () => (await counted(world, 'lost')) === 1);
    await world.prove(0);
    await world.prove(0);
    assert.deepEqual(
      told.map(({ event, why }) => [event, why]),
      [['traces.lost', 'no connection']],
    );
    const collector = await startFakeCollector(port);
    t.after(() => collector.close());
    await sentIs({ world, told, collector }, 2);
    assert.deepEqual(told[1]?.event, 'traces.resumed');
  });

  it('of a collector that is slow are given up in time, and no more wait than 2,048', async (t) => {
    const { world, collector, told } = await startTraced(t);
    collector.replyAlways('hang');
    await world.prove(0);
    await passUntil(world, async () => (await counted(world, 'lost')) === 1);
    assert.equal(collector.bodies.length, 5);
    assert.deepEqual(
      told.map(({ event, why }) => [event, why]),
      [['traces.lost', 'no answer in time']],
    );

    const view = world.seen.at(-1);
    assert.ok(view);
    const meter = createMeter();
    const log = pino({ level: 'silent' });
    const registry = { view: () => view };
    const { clock, store } = world;
    const traces = createTraces({
      collector: createCollector(collector.endpoint, '1.2.3'),
      clock,
      store,
      registry,
      log,
      meter,
    });
    const end = { at: 1, from: 'verifying.running', to: 'fulfilled', on: 'VERIFIED' };
    for (let ended = 0; ended < 2_050; ended += 1) traces.note(view, end);
    assert.equal(await counted({ meter }, 'lost'), 2);
    let hasStopped = false;
    void traces.stop().then(() => {
      hasStopped = true;
    });
    await collector.called(6);
    await passUntil(world, () => hasStopped);
    assert.equal(await counted({ meter }, 'lost'), 2_050);
    assert.equal(collector.bodies.length, 6, 'one more call, and then none');
  });

  it('that wait are sent when the service stops, and no collector keeps it from stopping', async (t) => {
    const rig = await startTraced(t);
    await rig.world.prove(0);
    await rig.world.assembly.stop();
    assert.equal(await counted(rig.world, 'sent'), 1);

    const slow = await startTraced(t);
    slow.collector.replyAlways('hang');
    await slow.world.prove(0);
    let hasStopped = false;
    const stopped = slow.world.assembly.stop().then(() => {
      hasStopped = true;
    });
    const began = slow.world.clock.steady();
    await slow.collector.called(1);
    await passUntil(slow.world, () => hasStopped);
    await stopped;
    assert.ok(slow.world.clock.steady() - began <= 2_000);
    assert.deepEqual(
      slow.told.map(({ event, count }) => [event, count]),
      [['traces.lost', 1]],
    );
  });
});
