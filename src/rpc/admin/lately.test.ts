// How it went lately and why requests have failed, by the calls of operators.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { durationFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import type { Failure } from '../../failures/catalog.js';
import { fail } from '../../failures/fail.js';
import { failed } from '../../failures/outcome.js';
import { Service } from '../../gen/admin/v1/service_pb.js';
import { laneId, type RequestId } from '../../ids.js';
import { callJson, pathOf, post } from '../../testkit/service/adminCalls.js';
import { startAdmin } from '../../testkit/service/adminWorld.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld, vkHash, type World } from '../../testkit/world/world.js';

const guest = fail('GUEST_FAILED', { cause: 'BREAKPOINT', exitCode: 0, cycles: '9' });
const memory = fail('OUT_OF_MEMORY', { laneId: laneId('gpu-0') });

async function start(t: TestContext, options: Parameters<typeof createWorld>[0] = {}): Promise<World> {
  const world = await createWorld({ pages: createMemoryPages(), ...options });
  t.after(() => world.end());
  return world;
}

/** Submits one, of which every try fails so. */
async function failing(world: World, failure: Failure): Promise<RequestId> {
  const id = await world.submit();
  await world.settle();
  for (let tries = 0; !['failed', 'held'].includes(world.system.registry.view(id)?.state ?? ''); tries += 1) {
    world.lanes.waiting.find(({ job }) => job.requestId === id)?.answer(failed(failure));
    await world.settle();
    assert.ok(tries < 9);
  }
  await world.clock.advance(1_000);
  return id;
}

describe('Service.Failures', { timeout: 300_000 }, () => {
  it('groups what has failed by its code, with first, last, samples, lanes and programs', async (t) => {
    const world = await start(t);
    const to = await startAdmin(t, world);
    assert.deepEqual((await callJson(to, Service.method.failures, {})).groups, []);
    const ids: RequestId[] = [];
    for (let n = 0; n < 4; n += 1) ids.push(await failing(world, guest));
    const alone = await failing(world, memory);
    await world.prove(1_000);
    const { groups, scanned, lookedBackTo } = await callJson(to, Service.method.failures, {});
    assert.equal(scanned, 6);
    assert.equal(lookedBackTo && timestampMs(lookedBackTo), world.clock.now() - 86_400_000);
    const [guests, others, ...more] = groups;
    assert.deepEqual(more, []);
    assert.deepEqual([guests?.code, guests?.count, guests?.held], ['GUEST_FAILED', 4, 0]);
    assert.match(guests?.sentence ?? '', /^The guest program failed: BREAKPOINT/);
    assert.deepEqual(guests?.sampleIds, ids.slice(1).reverse());
    const at = (id: RequestId) => world.system.registry.view(id)?.updatedAt;
    assert.deepEqual(
      [guests?.first && timestampMs(guests.first), guests?.last && timestampMs(guests.last)],
      [at(ids[0] as never), at(ids[3] as never)],
    );
    assert.deepEqual(
      guests?.lanes.map(({ name, count }) => [name, count]),
      [['scripted-execute', 4]],
    );
    assert.deepEqual(
      guests?.programs.map(({ name, count }) => [name, count]),
      [[vkHash, 4]],
    );
    assert.deepEqual([others?.code, others?.sampleIds], ['POISONOUS', [alone]]);
  });

  it('has what is held, and not what has failed before the time that was asked for', async (t) => {
    const world = await start(t, { holdFailedMs: 3_600_000 });
    const to = await startAdmin(t, world);
    await failing(world, guest);
    await world.clock.advance(600_000);
    await failing(world, guest);
    const held = await failing(world, memory);
    const { groups } = await callJson(to, Service.method.failures, { since: durationFromMs(300_000) });
    assert.deepEqual(groups.map(({ code, count, held: kept }) => [code, count, kept]).sort(), [
      ['GUEST_FAILED', 1, 0],
      ['POISONOUS', 1, 1],
    ]);
    assert.deepEqual(groups.find(({ code }) => code === 'POISONOUS')?.sampleIds, [held]);
  });

  it('says how far it has looked when there is too much to look through', async (t) => {
    const world = await start(t);
    const to = await startAdmin(t, world);
    const now = world.clock.now();
    // What ended, in the order of its end; the records themselves are not there any more.
    await world.store.write((tx) => {
      for (let n = 0; n < 20_600; n += 1) tx.put('ended', ['request', now - n, n.toString(16).padStart(64, '0')], true);
    });
    const { scanned, lookedBackTo } = await callJson(to, Service.method.failures, {});
    assert.ok(scanned >= 500 && scanned <= 20_000, String(scanned));
    assert.equal(lookedBackTo && timestampMs(lookedBackTo), now - scanned + 1);
  });
});

describe('Service.Series', { timeout: 300_000 }, () => {
  it('has a column of each figure, all of the same length, and only stages that were waited for', async (t) => {
    const world = await start(t);
    const to = await startAdmin(t, world);
    await world.prove(90_000);
    const series = await callJson(to, Service.method.series, { since: durationFromMs(3_600_000) });
    const { first, knownFrom, waits, started, fulfilled, open, running } = series;
    assert.deepEqual(
      [started, fulfilled, open, running],
      [
        [1, 0],
        [0, 1],
        [1, 0],
        [1, 0],
      ],
    );
    assert.ok(first && knownFrom && timestampMs(first) <= timestampMs(knownFrom));
    assert.deepEqual(
      waits.map(({ stage }) => stage),
      ['requested', 'executing', 'proving', 'verifying'],
    );
    for (const list of [series.failedByGuest, series.failedOtherwise, series.cancelled, series.expired])
      assert.deepEqual(list, [0, 0]);
    for (const { samples, p50Seconds, p95Seconds } of waits)
      assert.deepEqual([samples.length, p50Seconds.length, p95Seconds.length], [2, 2, 2]);
  });

  it('refuses to look back further than a day, or into the future', async (t) => {
    const world = await start(t);
    const to = await startAdmin(t, world);
    for (const since of ['86401s', '-1s', '315576000000s']) {
      const { status, body } = await post(to, pathOf(Service.method.series), JSON.stringify({ since }));
      assert.equal(status, 400, since);
      assert.match(JSON.stringify(body), /NOT_UNDERSTOOD/);
    }
  });
});
