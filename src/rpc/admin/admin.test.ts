// Every method of operators by both transports, over a world in which requests move; pages while they do; and what is refused.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { create, equals } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Artifacts } from '../../gen/admin/v1/artifacts_pb.js';
import { Deliveries } from '../../gen/admin/v1/deliveries_pb.js';
import { Lanes } from '../../gen/admin/v1/lanes_pb.js';
import { Machines } from '../../gen/admin/v1/machines_pb.js';
import { Programs } from '../../gen/admin/v1/programs_pb.js';
import { Queue } from '../../gen/admin/v1/queue_pb.js';
import { FilterSchema, Requests } from '../../gen/admin/v1/requests_pb.js';
import { Service } from '../../gen/admin/v1/service_pb.js';
import { Signers } from '../../gen/admin/v1/signers_pb.js';
import { Upkeep } from '../../gen/admin/v1/upkeep_pb.js';
import type { Address, RequestId } from '../../ids.js';
import { callGrpc, callJson, pathOf, post } from '../../testkit/service/adminCalls.js';
import { startAdmin } from '../../testkit/service/adminWorld.js';
import { refusedOnce } from '../../testkit/service/deliveryActs.js';
import { sampleLane } from '../../testkit/service/laneActs.js';
import { inAwayNetwork, plantDelivery } from '../../testkit/world/awayNetwork.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld, requester, vkHash, type World } from '../../testkit/world/world.js';
import { adminMethods } from './service.js';

const other = '12'.repeat(20) as Address;

/** One that is proved, one on a lane, one in line for a lane, one in line for its admission. */
async function busyWorld(): Promise<{ world: World; ids: RequestId[] }> {
  const world = await createWorld({ ...inAwayNetwork, window: 2, pages: createMemoryPages() });
  await world.prove(1_000);
  const ids: RequestId[] = [];
  for (let n = 0; n < 3; n += 1) {
    ids.push(await world.submit());
    await world.settle();
    await world.clock.advance(1_000);
  }
  const [first] = ids as [RequestId];
  await world.endStage(first);
  world.lanes.waiting.find(({ job }) => job.requestId === first)?.grant();
  world.lanes.waiting.find(({ job }) => job.requestId === first)?.report(3, 8);
  await world.settle();
  return { world, ids };
}

describe('every method', () => {
  it('gives the same message by gRPC and as JSON', async (t) => {
    const { world, ids } = await busyWorld();
    t.after(() => world.end());
    const to = await startAdmin(t, world);
    const [id = ''] = ids;
    world.lanes.reports = [sampleLane('gpu-0')];
    const deliveryId = await plantDelivery(world, refusedOnce(world));
    const calls = [
      [Requests.method.list, { page: { size: 2 } }],
      [Requests.method.get, { id }],
      [Requests.method.history, { id }],
      [Requests.method.counts, {}],
      [Lanes.method.list, {}],
      [Lanes.method.get, { id: 'gpu-0' }],
      [Queue.method.get, {}],
      [Programs.method.list, { page: { size: 1 } }],
      [Programs.method.get, { vkHash }],
      [Artifacts.method.usage, {}],
      [Artifacts.method.list, { kinds: ['stdin'], page: { size: 1 } }],
      [Artifacts.method.verify, {}],
      [Deliveries.method.list, {}],
      [Deliveries.method.get, { id: deliveryId }],
      [Deliveries.method.history, { id: deliveryId }],
      [Deliveries.method.counts, {}],
      [Signers.method.list, {}],
      [Service.method.status, {}],
      [Service.method.series, {}],
      [Service.method.failures, {}],
      [Service.method.config, {}],
      [Machines.method.describe, { id: 'request' }],
      [Service.method.auditList, {}],
      [Upkeep.method.check, {}],
    ] as const;
    for (const [method, given] of calls) {
      const byGrpc = await callGrpc(to, method as never, given as never);
      const byJson = await callJson(to, method as never, given as never);
      assert.ok('message' in byGrpc, method.name);
      assert.ok(equals(method.output as never, byGrpc.message as never, byJson as never), method.name);
    }
    const named = new Set([
      ...calls.map(([method]) => pathOf(method as never)),
      // Of keys that are there: signers.test.ts.
      pathOf(Signers.method.get),
      pathOf(Signers.method.history),
    ]);
    // Actions are in acts/acts.test.ts, each by name.
    const served = adminMethods({} as never)
      .map(({ path }) => path)
      .filter((path) =>
        /\/(List|Get|History|Counts|Status|Series|Failures|Config|Describe|AuditList|Usage|Verify|Check)$/.test(path),
      );
    assert.equal(served.length, named.size);
    assert.deepEqual(
      served.filter((path) => !named.has(path)),
      [],
    );
  });

  it('says what there is, and nothing that is a right to bytes', async (t) => {
    const { world, ids } = await busyWorld();
    t.after(() => world.end());
    const to = await startAdmin(t, world);
    const { rows } = await callJson(to, Requests.method.list, {});
    assert.deepEqual(rows.map(({ id }) => id).slice(0, 3), [...ids].sort().reverse());
    assert.deepEqual(
      ids
        .map((id) => rows.find((row) => row.id === id))
        .map((row) => [row?.state, row?.phase, row?.laneId, row?.cycles]),
      [
        ['proving', 'running', 'scripted-prove', '1234'],
        ['executing', 'waiting', '', ''],
        ['requested', '', '', ''],
      ],
    );
    const { request } = await callJson(to, Requests.method.get, { id: ids[0] ?? '' });
    assert.deepEqual([request?.row?.progress?.done, request?.row?.progress?.total, request?.place], [3, 8, undefined]);
    assert.deepEqual((await callJson(to, Requests.method.get, { id: ids[2] ?? '' })).request?.place?.line, 'admission');
    const counts = await callJson(to, Requests.method.counts, {});
    assert.deepEqual(counts.byState, { proving: 1, executing: 1, requested: 1 });
    assert.deepEqual(counts.endedSinceStart, { fulfilled: 1n });
    const queue = await callJson(to, Queue.method.get, {});
    assert.deepEqual(
      queue.lines.map(({ name, depth, next }) => [name, depth, next]),
      [
        ['admission', 1, [ids[2]]],
        ['execute', 1, [ids[1]]],
        ['setup', 0, []],
        ['prove', 0, []],
        ['verify', 0, []],
      ],
    );
    assert.deepEqual([queue.inside, queue.window], [2, 2]);
    const fulfilled = rows.find(({ state }) => state === 'fulfilled');
    const view = world.system.registry.view(fulfilled?.id as RequestId);
    assert.equal(view?.state, 'fulfilled');
    const whole = JSON.stringify([
      (await post(to, pathOf(Requests.method.get), JSON.stringify({ id: fulfilled?.id }))).body,
      (await post(to, pathOf(Requests.method.list), '{}')).body,
      ...(await Promise.all(
        [fulfilled?.id, ...ids].map(async (id) => {
          const asked = JSON.stringify({ id, withContext: true });
          return (await post(to, pathOf(Requests.method.get), asked)).body;
        }),
      )),
      (await post(to, pathOf(Requests.method.history), JSON.stringify({ id: fulfilled?.id }))).body,
    ]);
    // What its machine remembers is among it.
    assert.match(whole, /"context":\{"request":\{.*"requestId":"[0-9a-f]{64}",.*"tries":\{"execute":1/);
    assert.match(whole, /"stateValue":"\{\\"open\\":\{\\"proving\\":\{\\"attempting\\":\\"running\\"\}\}\}"/);
    if (view?.state === 'fulfilled') assert.ok(!whole.includes(view.proof.id));
    for (const id of ids) assert.ok(!whole.includes(world.system.registry.view(id)?.request.stdin.id ?? 'none'));
  });

  it('shows a request that is not on disk yet nowhere', async (t) => {
    const gates: (() => void)[] = [];
    let isSlow = false;
    const flush = () => (isSlow ? new Promise<void>((resolve) => gates.push(resolve)) : Promise.resolve());
    const world = await createWorld({ pages: createMemoryPages({ flush }) });
    const openGates = () => {
      isSlow = false;
      for (const open of gates) open();
    };
    t.after(() => {
      openGates();
      return world.end();
    });
    const to = await startAdmin(t, world);
    const seen = await world.submit();
    await world.settle();
    isSlow = true;
    const stdinId = world.system.registry.view(seen)?.request.stdin.id;
    const unseen = world.submit({ requester: other, ...(stdinId && { stdinId }) });
    for (let turn = 0; turn < 5; turn += 1) await world.clock.turn();
    const { rows } = await callJson(to, Requests.method.list, {});
    assert.deepEqual(
      rows.map(({ id }) => id),
      [seen],
    );
    openGates();
    const id = await unseen;
    assert.equal((await callJson(to, Requests.method.list, {})).rows.length, 2);
    assert.equal((await callJson(to, Requests.method.get, { id })).request?.row?.id, id);
  });
});

describe('a list', () => {
  it('is filtered by state, phase, mode, time, requester, failure, lane and how long it waits', async (t) => {
    const { world, ids } = await busyWorld();
    t.after(() => world.end());
    const to = await startAdmin(t, world);
    const found = async (filter: Parameters<typeof create<typeof FilterSchema>>[1]) =>
      (await callJson(to, Requests.method.list, { filter: create(FilterSchema, filter) })).rows.map(({ id }) => id);
    assert.deepEqual(await found({ states: ['proving'] }), [ids[0]]);
    assert.deepEqual(await found({ states: ['proving', 'requested'] }), [ids[0], ids[2]].sort().reverse());
    assert.deepEqual(await found({ phases: ['waiting'] }), [ids[1]]);
    assert.deepEqual(await found({ laneId: 'scripted-prove' }), [ids[0]]);
    assert.deepEqual(await found({ modes: ['groth16'] }), []);
    assert.deepEqual(await found({ requester: other }), []);
    assert.equal((await found({ requester: `0x${requester}` })).length, 4);
    assert.deepEqual(await found({ failureCodes: ['GUEST_FAILED'] }), []);
    const created = world.system.registry.view(ids[2] as RequestId)?.request.createdAt ?? 0;
    assert.deepEqual(await found({ createdFrom: timestampFromMs(created) }), [ids[2]]);
    assert.equal((await found({ createdTo: timestampFromMs(created - 1) })).length, 3);
    const longerThan = (ms: number) => found({ waitingLongerThan: durationFromMs(ms) });
    assert.deepEqual(await longerThan(600_000), []);
    await world.clock.advance(600_001);
    assert.deepEqual(await longerThan(600_000), [ids[1], ids[2]].sort().reverse());
  });
});

describe('an id', () => {
  it('is known by its first 8 and its last 6 digits, in whichever form it is shown', async (t) => {
    const { world, ids } = await busyWorld();
    t.after(() => world.end());
    const to = await startAdmin(t, world);
    const [id = ''] = ids;
    for (const text of [id, `0x${id}`, id.toUpperCase(), id.slice(-8), `…${id.slice(-8)}`, id.slice(0, 20), `0X${id}`])
      assert.equal((await callJson(to, Requests.method.get, { id: text })).request?.row?.id, id, text);
    // They begin with the same moment of a simulated clock's day.
    const several = await callGrpc(to, Requests.method.get, { id: id.slice(0, 8) });
    assert.ok(
      'status' in several && several.status === 3 && /^Several ids .* Give more digits\.$/.test(several.sentence),
    );
  });
});

describe('bad input', () => {
  it('has its own sentence, code and status, and costs nothing else', async (t) => {
    const { world } = await busyWorld();
    t.after(() => world.end());
    const to = await startAdmin(t, world);
    const { page } = await callJson(to, Requests.method.list, { page: { size: 1 } });
    const token = page?.nextToken ?? '';
    const cases: [Parameters<typeof pathOf>[0], object, number, string, RegExp][] = [
      [Requests.method.get, { id: 'ab'.repeat(32) }, 404, 'REQUEST_UNKNOWN', /No request here/],
      [Requests.method.get, { id: 'abcdef' }, 404, 'REQUEST_UNKNOWN', /No request here/],
      [Requests.method.get, { id: 'abcde' }, 400, 'NOT_UNDERSTOOD', /id is not understood: give all 64/],
      [Requests.method.get, { id: '../../etc/passwd' }, 400, 'NOT_UNDERSTOOD', /id is not understood/],
      [Requests.method.history, { id: '' }, 400, 'NOT_UNDERSTOOD', /id is not understood/],
      [Requests.method.history, { id: 'ab'.repeat(32), limit: 1_001 }, 400, 'NOT_UNDERSTOOD', /limit .* at most 1000/],
      [Requests.method.list, { page: { size: 501 } }, 400, 'NOT_UNDERSTOOD', /page\.size .* at most 500/],
      [Requests.method.list, { page: { token: 'AAAA' } }, 400, 'TOKEN_EXPIRED', /another list/],
      [Requests.method.list, { page: { token: `${token.slice(0, -2)}AA` } }, 400, 'TOKEN_EXPIRED', /another list/],
      [
        Requests.method.list,
        { filter: { states: ['proving'] }, page: { token } },
        400,
        'TOKEN_EXPIRED',
        /another list/,
      ],
      [
        Requests.method.list,
        { filter: { states: ['\x1b[2Jsleeping'] } },
        400,
        'NOT_UNDERSTOOD',
        /"\?\[2Jsleeping" is none/,
      ],
      [Requests.method.list, { filter: { failureCodes: ['X'] } }, 400, 'NOT_UNDERSTOOD', /see docs/],
      [Requests.method.list, { filter: { requester: '0x12' } }, 400, 'NOT_UNDERSTOOD', /40 hex digits/],
      [Requests.method.list, { surprise: 1 }, 400, 'NOT_UNDERSTOOD', /The JSON of this call/],
      [Lanes.method.get, { id: 'gpu-9' }, 404, 'LANE_UNKNOWN', /There is no lane gpu-9 here/],
    ];
    for (const [method, body, status, code, sentence] of cases) {
      const said = await post(to, pathOf(method), JSON.stringify(body));
      const { message, details } = said.body as { message: string; details: { debug: { code: string } }[] };
      assert.deepEqual([said.status, details[0]?.debug.code], [status, code], JSON.stringify(body));
      assert.match(message, sentence);
    }
  });

  it('is refused before it is read when it is no JSON, too long, or no method', async (t) => {
    const world = await createWorld({ pages: createMemoryPages() });
    t.after(() => world.end());
    const to = await startAdmin(t, world);
    const path = pathOf(Service.method.status);
    const statusOf = async (...args: [string, string | Buffer, Record<string, string>?, string?]) =>
      (await post(to, ...args)).status;
    assert.equal(await statusOf(path, ''), 200);
    assert.equal(await statusOf(path, '{'), 400);
    assert.equal(await statusOf(path, '{}', { 'content-type': 'text/plain' }), 415);
    assert.equal(await statusOf(path, Buffer.alloc(70_000, ' ')), 413);
    assert.equal(await statusOf('/sealed.admin.v1.Service/Explode', '{}'), 404);
    // Nothing is read or changed by GET.
    assert.equal(await statusOf(path, '', {}, 'GET'), 404);
  });
});
