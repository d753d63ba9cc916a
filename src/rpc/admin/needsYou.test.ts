// What does not pass by itself is told to a person, with the command that may help.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { fail } from '../../failures/fail.js';
import { failed } from '../../failures/outcome.js';
import { Requests } from '../../gen/admin/v1/requests_pb.js';
import { Service } from '../../gen/admin/v1/service_pb.js';
import { type Address, laneId, type RequestId, type Sha256 } from '../../ids.js';
import type { Act } from '../../store/buckets.js';
import { scriptedVkHash } from '../../testkit/engine/scriptedLanes.js';
import { sampleArtifactId } from '../../testkit/sampleIds.js';
import { callJson } from '../../testkit/service/adminCalls.js';
import { adminPartsOf, startAdmin } from '../../testkit/service/adminWorld.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld, vkHash, type World } from '../../testkit/world/world.js';
import { figuresOfLines } from './figuresOfLines.js';
import { linesOf } from './lines.js';
import { needsYou } from './needsYou.js';

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
  // A list of those that need a person has the same ones.
  const { rows } = await callJson(to, Requests.method.list, { filter: { needsYou: true }, page: { size: 500 } });
  assert.deepEqual(
    rows.map(({ id }) => id).sort(),
    needsYou
      .map(({ requestId }) => requestId)
      .filter(Boolean)
      .sort(),
  );
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

/** As it is defined: of everybody in the lines as they stand. */
function lateByOrder(world: World): string[] {
  const parts = adminPartsOf(world);
  return linesOf(parts)
    .flatMap(({ waiting }) => waiting)
    .flatMap(({ requestId }) => {
      const view = parts.registry.view(requestId);
      const usual = view && parts.usual.of(view, 'proving');
      return view && usual && view.deadlineAt - world.clock.now() < 2 * usual.ms ? [view] : [];
    })
    .sort((a, b) => a.deadlineAt - b.deadlineAt)
    .map(({ request }) => request.requestId);
}

/** The same figures, from lines that stand in order. */
const figuresByOrder = (world: World) =>
  linesOf(adminPartsOf(world)).map(({ name, waiting }) => ({
    name,
    depth: waiting.length,
    modes: waiting.map(({ mode }) => mode).sort(),
    oldestMs: waiting.length === 0 ? undefined : Math.max(...waiting.map(({ forMs }) => forMs)),
  }));

describe('what needs a person', () => {
  it('are requests that wait and will hardly be in time: those of the lines in order, the nearest told first', async () => {
    const minuteMs = 60_000;
    const asked = fc.record({
      deadlineMs: fc.integer({ min: 1, max: 60 }).map((minutes) => minutes * minuteMs),
      requester: fc.constantFrom('11', '12', '13').map((byte) => byte.repeat(20) as Address),
      mode: fc.constantFrom('core' as const, 'compressed' as const),
      // Of this one nothing is known.
      vkHash: fc.constantFrom(vkHash, scriptedVkHash),
    });
    const steps = fc.array(
      fc.oneof({ arbitrary: asked, weight: 5 }, { arbitrary: fc.constant('a minute later' as const), weight: 1 }),
      { minLength: 60, maxLength: 60 },
    );
    const counts: number[] = [];
    for (const history of fc.sample(steps, { numRuns: 4, seed: 21 })) {
      const world = await createWorld({ pages: createMemoryPages(), window: 3 });
      await world.prove(10 * minuteMs);
      for (const step of history) {
        if (step === 'a minute later') await world.clock.advance(minuteMs);
        else {
          const { deadlineMs, requester, ...terms } = step;
          const stdinId = sampleArtifactId();
          await world.upload(stdinId, requester, 'x');
          await world.submit({ ...terms, stdinId, requester, deadlineAt: world.clock.now() + deadlineMs });
        }
        await world.settle();
      }
      for (let round = 0; round < 20; round += 1) {
        const parts = adminPartsOf(world);
        const late = lateByOrder(world);
        const needs = await needsYou(parts, { freeBytes: 40, sizeBytes: 100 });
        assert.deepEqual([needs.total, needs.byReason.of('DEADLINE_NEAR')], [late.length, late.length]);
        const deadlineOf = (id?: string) => parts.registry.view(id as RequestId)?.deadlineAt;
        assert.deepEqual(
          needs.first.map(({ requestId }) => deadlineOf(requestId)),
          late.slice(0, 20).map(deadlineOf),
        );
        const figures = await figuresOfLines(parts);
        assert.deepEqual(
          figures.map(({ name, depth, byMode, oldestMs }) => ({
            name,
            depth,
            modes: [...byMode.entries()].flatMap(([mode, count]) => Array<string>(count).fill(mode)).sort(),
            oldestMs,
          })),
          figuresByOrder(world),
        );
        counts.push(late.length);
        await world.clock.advance(3 * minuteMs);
        await world.settle();
      }
      await world.end();
    }
    assert.ok(Math.max(...counts) > 3 && Math.min(...counts) === 0, counts.join());
  });

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
