// What does not pass by itself is told to a person, with the command that may help.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { fail } from '../../failures/fail.js';
import { failed } from '../../failures/outcome.js';
import { Service } from '../../gen/admin/v1/service_pb.js';
import { laneId, type Sha256 } from '../../ids.js';
import type { Act } from '../../store/buckets.js';
import { callJson } from '../../testkit/service/adminCalls.js';
import { startAdmin } from '../../testkit/service/adminWorld.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld, type World } from '../../testkit/world/world.js';

const hourMs = 3_600_000;
const act: Act = {
  operator: 'ada',
  isClaimed: true,
  action: 'dispatch.pause',
  target: '',
  reason: 'the driver is replaced',
  operationId: 'before',
  call: '00'.repeat(32) as Sha256,
  effects: [],
};

async function needsOf(t: TestContext, world: World, disk = { freeBytes: 40, sizeBytes: 100 }) {
  const to = await startAdmin(t, world, { disk: async () => disk });
  const { needsYou, needsYouTotal } = await callJson(to, Service.method.status, {});
  assert.equal(needsYouTotal, needsYou.length);
  return needsYou.map(({ reason, sentence, requestId, laneId: lane, command }) => ({
    reason,
    sentence,
    about: requestId + lane,
    command,
  }));
}

async function start(t: TestContext) {
  let world = await createWorld({ pages: createMemoryPages(), holdFailedMs: hourMs });
  t.after(() => world.end());
  return {
    world: () => world,
    async reborn() {
      world = await world.reborn();
      await world.settle();
      return world;
    },
  };
}

describe('what needs a person', () => {
  it('is a held request, with how to retry it, also after a restart, until its hold ends', async (t) => {
    const { world, reborn } = await start(t);
    const id = await world().submit();
    await world().settle();
    await world().endStage(id);
    world().lanes.waiting[0]?.grant();
    await world().settle();
    world().lanes.waiting[0]?.answer(failed(fail('CIRCUITS_MISSING', { detail: 'groth16 circuits' })));
    await world().settle();
    const [need, ...others] = await needsOf(t, world());
    assert.deepEqual(others, []);
    assert.deepEqual([need?.reason, need?.about, need?.command], ['HELD', id, `retry ${id}`]);
    assert.match(need?.sentence ?? '', /^It is held until .* for an operator .*groth16 circuits/);
    assert.equal((await needsOf(t, await reborn()))[0]?.reason, 'HELD');
    await world().clock.advance(hourMs);
    await world().settle();
    assert.deepEqual(await needsOf(t, world()), []);
  });

  it('is a pause that is older than an hour, by its own age and not by that of the service', async (t) => {
    const { world, reborn } = await start(t);
    await world().assembly.orders.set('dispatch', { what: 'paused' }, act);
    await world().clock.advance(hourMs / 2);
    await reborn();
    await world().clock.advance(hourMs / 2 - 1);
    assert.deepEqual(await needsOf(t, world()), []);
    await world().clock.advance(1);
    assert.deepEqual(await needsOf(t, world()), [
      {
        reason: 'PAUSED_LONG',
        sentence: 'Dispatch is paused by ada for more than an hour: the driver is replaced.',
        about: '',
        command: 'dispatch resume',
      },
    ]);
    await world().assembly.orders.set('dispatch', undefined, act);
    assert.deepEqual(await needsOf(t, world()), []);
  });

  it('is told of the whole service first, and of single requests after it', async (t) => {
    const { world } = await start(t);
    await world().assembly.orders.set('intake', { what: 'paused' }, act);
    world().lanes.reports = [
      {
        id: laneId('gpu-0'),
        kind: 'gpu',
        stage: 'prove',
        state: 'quarantined',
        modes: ['core'],
        serves: ['core'],
        warm: false,
        crashes: 5,
        forMs: 0,
        crashesInWindow: 5,
        resumesInMs: undefined,
        lastFailure: fail('PROOF_INVALID', { reason: 'it does not verify' }),
        current: undefined,
        programs: [],
      },
    ];
    await world().clock.advance(hourMs);
    const needs = await needsOf(t, world(), { freeBytes: 9, sizeBytes: 100 });
    assert.deepEqual(
      needs.map(({ reason, command }) => [reason, command]),
      [
        ['LANE_QUARANTINED', 'lane gpu-0 start'],
        ['PAUSED_LONG', 'intake resume'],
        ['DISK_LOW', ''],
      ],
    );
    assert.match(needs[0]?.sentence ?? '', /gpu-0 is in quarantine after PROOF_INVALID: several proofs in a row/);
  });
});
