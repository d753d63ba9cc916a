// operators.md section 12: each row of section 6, its refusal, its dry run equal to its effect, its audit, its replay by `operation_id`, and
// its life over a restart.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { DescMethodUnary } from '@bufbuild/protobuf';
import { fail } from '../../../failures/fail.js';
import { failed } from '../../../failures/outcome.js';
import { Lanes } from '../../../gen/admin/v1/lanes_pb.js';
import { Queue } from '../../../gen/admin/v1/queue_pb.js';
import { Requests } from '../../../gen/admin/v1/requests_pb.js';
import type { Changed } from '../../../gen/admin/v1/shared_pb.js';
import { type Address, laneId, type RequestId, type Sha256 } from '../../../ids.js';
import type { LaneReport } from '../../../lanes/scheduling.js';
import type { Act as AuditedAct } from '../../../store/buckets.js';
import { sampleArtifactId } from '../../../testkit/sampleIds.js';
import { callGrpc, pathOf, post } from '../../../testkit/service/adminCalls.js';
import { startAdmin } from '../../../testkit/service/adminWorld.js';
import { createMemoryPages } from '../../../testkit/world/memoryPages.js';
import { createWorld, type World } from '../../../testkit/world/world.js';

const reason = 'the driver is replaced';
const operationId = '0f0f0f0f-1111-4222-8333-444455556666';
const json = { 'content-type': 'application/json', 'x-sealed-operator': 'ada' };

interface Act {
  readonly method: DescMethodUnary;
  readonly name: string;
  /** Brings the world to where it has something to do, and answers what to call it with. */
  readonly given: (world: World) => Promise<Record<string, unknown>>;
  /** How many audits it leaves beside its own: those of its parts. */
  readonly parts?: number;
  /** What it changes, for comparisons. */
  readonly seen: (world: World, call: Record<string, unknown>) => unknown;
  /** Brings the world to where it is refused; with which code. */
  readonly refused: readonly [code: string, (world: World) => Promise<Record<string, unknown>>][];
}

const state = (world: World, { id }: Record<string, unknown>) => {
  const view = world.system.registry.view(id as RequestId);
  return view && [view.state, view.seq];
};

async function proving(world: World): Promise<{ id: RequestId }> {
  const id = await world.submit();
  await world.settle();
  await world.endStage(id);
  world.lanes.waiting[0]?.grant();
  await world.settle();
  return { id };
}

/** Two engines have died on it, and it waits for an operator. */
async function held(world: World): Promise<{ id: RequestId }> {
  const { id } = await proving(world);
  for (let deaths = 0; deaths < 2; deaths += 1) {
    const detail = 'signal SIGSEGV';
    const died = fail('ENGINE_LOST', { laneId: laneId('gpu-0'), detail, blame: true });
    world.lanes.waiting[0]?.answer(failed(died));
    await world.settle();
    await world.clock.advance(10_000);
    await world.settle();
  }
  assert.equal(world.system.registry.view(id)?.state, 'held');
  return { id };
}

/** Three that are proved, and one that waits to be executed. */
async function manyProving(world: World) {
  for (const _ of [1, 2, 3]) await proving(world);
  await world.submit();
  await world.settle();
  return { action: 'cancel', filter: { states: ['proving'] }, expectedCount: 3 };
}

/** Its actor fails: what it was told cannot be written. */
async function fails(world: World, id: RequestId) {
  const event = { type: 'PRIORITY_SET', priority: (() => {}) as never } as const;
  await assert.rejects(world.system.actRequest({ requestId: id, event, expectedSeq: 0, act: before }), /NOTHING_TO_DO/);
  await world.settle();
  assert.ok(world.system.setAside.has(id));
}

async function quarantined(world: World) {
  const { id } = await proving(world);
  await fails(world, id);
  return { id };
}

const inTwoHours = (world: World) => new Date(world.clock.now() + 7_200_000).toISOString();
const ended = async (world: World) => {
  const { id } = await proving(world);
  await world.system.registry.cancel(id);
  return { id };
};

const acts: readonly Act[] = [
  {
    method: Requests.method.cancel,
    name: 'request.cancel',
    given: proving,
    seen: state,
    refused: [
      [
        'NOTHING_TO_DO',
        async (world) => {
          const { id } = await proving(world);
          await world.system.registry.cancel(id);
          return { id };
        },
      ],
      ['REQUEST_UNKNOWN', async () => ({ id: 'ab'.repeat(32) })],
      ['NOT_UNDERSTOOD', async () => ({ id: 'ab' })],
    ],
  },
  {
    method: Requests.method.retry,
    name: 'request.retry',
    given: held,
    // Its lane is awaited once more after a restart: that is no part of it.
    seen: (world, { id }) => {
      const view = world.system.registry.view(id as RequestId);
      return [view?.state, view?.tries.prove];
    },
    refused: [
      ['NOTHING_TO_DO', proving],
      ['INPUT_GONE', ended],
    ],
  },
  {
    method: Requests.method.giveUp,
    name: 'request.give-up',
    given: held,
    seen: state,
    refused: [
      ['NOTHING_TO_DO', proving],
      ['NOTHING_TO_DO', ended],
    ],
  },
  {
    method: Requests.method.release,
    name: 'request.release',
    given: quarantined,
    seen: (world, { id }) => world.system.setAside.has(id as RequestId),
    refused: [
      ['NOTHING_TO_DO', proving],
      ['NOTHING_TO_DO', ended],
    ],
  },
  {
    method: Requests.method.applyToMany,
    name: 'requests.many',
    given: manyProving,
    parts: 3,
    seen: (world) => ['proving', 'cancelled'].map((each) => world.system.counts().open[each as 'proving'] ?? 0),
    refused: [
      ['COUNT_DIFFERS', async (world) => ({ ...(await manyProving(world)), expectedCount: 4 })],
      ['COUNT_DIFFERS', async (world) => ({ ...(await manyProving(world)), expectedCount: 2 })],
      ['NOT_UNDERSTOOD', async (world) => ({ ...(await manyProving(world)), action: 'explode' })],
      ['NOT_UNDERSTOOD', async (world) => ({ ...(await manyProving(world)), filter: { states: ['asleep'] } })],
    ],
  },
  {
    method: Requests.method.moveDeadline,
    name: 'request.move-deadline',
    given: async (world) => ({ ...(await proving(world)), deadline: inTwoHours(world) }),
    seen: (world, { id }) => world.system.registry.view(id as RequestId)?.deadlineAt,
    refused: [
      ['NOTHING_TO_DO', async (world) => ({ ...(await ended(world)), deadline: inTwoHours(world) })],
      ['NOT_UNDERSTOOD', proving],
      [
        'NOT_UNDERSTOOD',
        async (world) => ({
          ...(await proving(world)),
          deadline: new Date(world.clock.now() + 59_000).toISOString(),
        }),
      ],
      [
        'NOT_UNDERSTOOD',
        async (world) => ({
          ...(await proving(world)),
          deadline: new Date(world.clock.now() + 31 * 86_400_000).toISOString(),
        }),
      ],
    ],
  },
  {
    method: Requests.method.setPriority,
    name: 'request.priority',
    given: async (world) => ({ ...(await proving(world)), priority: 'first' }),
    seen: (world, { id }) => world.system.registry.view(id as RequestId)?.priority,
    refused: [
      ['NOTHING_TO_DO', async (world) => ({ ...(await ended(world)), priority: 'first' })],
      ['NOTHING_TO_DO', async (world) => ({ ...(await proving(world)), priority: 'normal' })],
      ['NOT_UNDERSTOOD', async (world) => ({ ...(await proving(world)), priority: 'soon' })],
    ],
  },
  {
    method: Requests.method.retryNow,
    name: 'request.retry-now',
    async given(world) {
      const { id } = await proving(world);
      const detail = 'signal SIGSEGV';
      world.lanes.waiting[0]?.answer(failed(fail('ENGINE_LOST', { laneId: laneId('gpu-0'), detail, blame: true })));
      await world.settle();
      return { id };
    },
    // Its next try: what moves on by itself after a restart is no part of it.
    seen: (world, { id }) => {
      const view = world.system.registry.view(id as RequestId);
      return [view?.state, view?.tries.prove];
    },
    refused: [['NOTHING_TO_DO', proving]],
  },
  {
    method: Queue.method.pauseIntake,
    name: 'intake.pause',
    given: async () => ({ for: '60s' }),
    seen: (world) => world.assembly.orders.of('intake'),
    refused: [
      ['NOTHING_TO_DO', async (world) => paused(world, 'intake')],
      ['NOT_UNDERSTOOD', async () => ({ for: '0.5s' })],
      ['NOT_UNDERSTOOD', async () => ({ for: '86401s' })],
    ],
  },
  {
    method: Queue.method.resumeIntake,
    name: 'intake.resume',
    given: (world) => paused(world, 'intake'),
    seen: (world) => world.assembly.orders.of('intake'),
    refused: [['NOTHING_TO_DO', async () => ({})]],
  },
  {
    method: Queue.method.pauseDispatch,
    name: 'dispatch.pause',
    given: async () => ({}),
    seen: (world) => [world.assembly.orders.of('dispatch'), world.lanes.orders?.mayGrant(laneId('gpu-0'))],
    refused: [['NOTHING_TO_DO', async (world) => paused(world, 'dispatch')]],
  },
  {
    method: Queue.method.resumeDispatch,
    name: 'dispatch.resume',
    given: (world) => paused(world, 'dispatch'),
    seen: (world) => [world.assembly.orders.of('dispatch'), world.lanes.orders?.mayGrant(laneId('gpu-0'))],
    refused: [['NOTHING_TO_DO', async () => ({})]],
  },
  {
    method: Lanes.method.drain,
    name: 'lane.drain',
    given: withLanes(),
    seen: laneSeen,
    refused: [
      ['NOTHING_TO_DO', withLanes({ ordered: 'drained' })],
      ['LAST_LANE', withLanes({ others: [] })],
      ['LAST_LANE', withLanes({ others: [{ serves: ['core'] }] })],
      ['LAST_LANE', withLanes({ others: [{ state: 'quarantined' }] })],
      ['LANE_UNKNOWN', async () => ({ id: 'gpu-9' })],
    ],
  },
  {
    method: Lanes.method.resume,
    name: 'lane.resume',
    given: withLanes({ ordered: 'drained' }),
    seen: laneSeen,
    refused: [
      ['NOTHING_TO_DO', withLanes()],
      ['NOTHING_TO_DO', withLanes({ ordered: 'stopped' })],
    ],
  },
  {
    method: Lanes.method.stop,
    name: 'lane.stop',
    given: withLanes(),
    seen: laneSeen,
    refused: [
      ['NOTHING_TO_DO', withLanes({ ordered: 'stopped' })],
      ['LAST_LANE', withLanes({ others: [] })],
    ],
  },
  {
    method: Lanes.method.start,
    name: 'lane.start',
    given: withLanes({ ordered: 'stopped' }),
    seen: laneSeen,
    refused: [['NOTHING_TO_DO', withLanes()]],
  },
  {
    method: Lanes.method.restart,
    name: 'lane.restart',
    given: withLanes(),
    seen: (world) => [laneSeen(world), auditOf(world).length],
    refused: [['NOTHING_TO_DO', withLanes({ ordered: 'stopped' })]],
  },
];

const deadlineOf = (world: World, id: RequestId) => world.system.registry.view(id)?.request.deadlineAt ?? 0;

const before: AuditedAct = {
  operator: 'eve',
  isClaimed: true,
  action: 'before',
  target: '',
  reason: 'before',
  operationId: 'before',
  call: '00'.repeat(32) as Sha256,
  effects: [],
};

async function paused(world: World, what: 'intake' | 'dispatch') {
  await world.assembly.orders.set(what, { what: 'paused' }, before);
  return {};
}

const lane = (id: string, changes: Partial<LaneReport> = {}): LaneReport => ({
  id: laneId(id),
  kind: 'gpu',
  stage: 'prove',
  state: 'ready',
  modes: ['core', 'compressed'],
  serves: ['core', 'compressed'],
  warm: true,
  crashes: 0,
  forMs: 0,
  crashesInWindow: 0,
  resumesInMs: undefined,
  lastFailure: null,
  current: undefined,
  programs: [],
  ...changes,
});

function withLanes({
  others = [{}],
  ordered,
}: {
  readonly others?: readonly Partial<LaneReport>[];
  readonly ordered?: 'drained' | 'stopped';
} = {}) {
  return async (world: World) => {
    world.lanes.reports = [lane('gpu-0'), ...others.map((other, index) => lane(`gpu-${index + 1}`, other))];
    if (ordered !== undefined) await world.assembly.orders.set('lane.gpu-0' as 'dispatch', { what: ordered }, before);
    return { id: 'gpu-0' };
  };
}

function laneSeen(world: World) {
  const id = laneId('gpu-0');
  const { mayGrant, mayStart } = world.lanes.orders ?? {};
  return [world.assembly.orders.of(`lane.${id}`), mayGrant?.(id), mayStart?.(id)];
}

async function rig(t: TestContext) {
  let world = await createWorld({ pages: createMemoryPages(), holdFailedMs: 3_600_000 });
  t.after(() => world.end());
  let to = await startAdmin(t, world);
  return {
    world: () => world,
    /** kill -9, and a new life. */
    async reborn() {
      const { reports } = world.lanes;
      world = await world.reborn();
      world.lanes.reports = reports;
      to = await startAdmin(t, world);
      await world.settle();
    },
    async call(act: Pick<Act, 'method'>, call: object, change: object = {}) {
      const body = JSON.stringify({ ...call, change: { reason, ...change } });
      const { status, body: said } = await post(to, pathOf(act.method), body, json);
      return { status, said: said as unknown as { changed: Changed } & Refusal };
    },
  };
}

interface Refusal {
  readonly message: string;
  readonly details: readonly { readonly debug: { readonly code: string } }[];
}

const codeOf = ({ said }: { said: Refusal }) => said.details[0]?.debug.code;
/** But for what a world was brought to its state with. */
const auditOf = (world: World) => world.assembly.audit.list(10).filter(({ operator }) => operator !== before.operator);

for (const act of acts)
  describe(act.name, () => {
    it('does what its dry run says, which does nothing', async (t) => {
      const { world, call } = await rig(t);
      const given = await act.given(world());
      const before = act.seen(world(), given);
      const dry = await call(act, given, { dryRun: true });
      assert.equal(dry.status, 200, JSON.stringify(dry.said));
      await world().settle();
      assert.deepEqual(act.seen(world(), given), before);
      assert.deepEqual(auditOf(world()), []);
      assert.deepEqual([dry.said.changed.applied, Number(dry.said.changed.feed)], [false, 0]);
      const done = await call(act, given);
      assert.deepEqual(done.said.changed.effects, dry.said.changed.effects);
      assert.ok(done.said.changed.applied && done.said.changed.effects.length > 0);
      assert.notDeepEqual(act.seen(world(), given), before);
    });

    it('leaves its audit with its effect: who, why, what, and the number that was answered', async (t) => {
      const { world, call } = await rig(t);
      const given = await act.given(world());
      const { said } = await call(act, given, { operationId });
      const [entry, ...others] = auditOf(world());
      assert.equal(others.length, act.parts ?? 0);
      assert.deepEqual(
        [entry?.operator, entry?.isClaimed, entry?.action, entry?.reason, entry?.operationId, entry?.n],
        ['ada', true, act.name, reason, operationId, Number(said.changed.feed)],
      );
      assert.deepEqual(entry?.effects, said.changed.effects);
    });

    it('is done once for one operation id, also over a restart, and an id is for one call', async (t) => {
      const { world, call, reborn } = await rig(t);
      const given = await act.given(world());
      const [first, second] = await Promise.all([
        call(act, given, { operationId }),
        call(act, given, { operationId: operationId.toUpperCase() }),
      ]);
      assert.equal(first.status, 200, JSON.stringify(first.said));
      assert.deepEqual(second.said.changed, first.said.changed);
      const after = act.seen(world(), given);
      await reborn();
      assert.deepEqual(act.seen(world(), given), after, 'the restart has undone it');
      const third = await call(act, given, { operationId });
      assert.deepEqual(third.said.changed, first.said.changed);
      assert.equal(auditOf(world()).length, 1 + (act.parts ?? 0));
      const other = acts.find(({ method }) => method !== act.method) as Act;
      assert.equal(codeOf(await call(other, {}, { operationId })), 'OPERATION_REUSED');
    });

    for (const [code, refusedIn] of act.refused)
      it(`is refused as ${code}, dry or not, and leaves nothing`, async (t) => {
        const { world, call } = await rig(t);
        const given = await refusedIn(world());
        const before = act.seen(world(), given);
        const audited = auditOf(world()).length;
        for (const dryRun of [true, false]) assert.equal(codeOf(await call(act, given, { dryRun })), code);
        assert.deepEqual(act.seen(world(), given), before);
        assert.equal(auditOf(world()).length, audited);
      });

    it('asks for a reason, of a length and in a form that can be shown', async (t) => {
      const { world, call } = await rig(t);
      const given = await act.given(world());
      for (const bad of ['', '  a ', 'x'.repeat(201), 'clear \x1b[2J', 'two\nlines'])
        assert.equal(codeOf(await call(act, given, { reason: bad })), 'NOT_UNDERSTOOD', bad);
      assert.equal(codeOf(await call(act, given, { operationId: 'mine' })), 'NOT_UNDERSTOOD');
      assert.deepEqual(auditOf(world()), []);
    });
  });

describe('every action', () => {
  it('is in the table above', async () => {
    const { adminMethods } = await import('../service.js');
    // Upkeep acts on the service and not on what it does: it has tests of its own.
    const readOnly = /\/(List|Get|History|Counts|Status|AuditList)$|\.Upkeep\//;
    const named = new Set(acts.map(({ method }) => pathOf(method)));
    const paths = adminMethods({} as never).map(({ path }) => path);
    assert.deepEqual(
      paths.filter((path) => !readOnly.test(path) && !named.has(path)),
      [],
    );
  });

  it('is refused when the request has moved on since it was looked at', async (t) => {
    const { world, call } = await rig(t);
    const { id } = await proving(world());
    const seq = world().system.registry.view(id)?.seq ?? 0;
    const [cancel] = acts as [Act];
    for (const dryRun of [true, false]) {
      const stale = await call(cancel, { id }, { expectedSeq: seq - 1, dryRun });
      assert.deepEqual([stale.status, codeOf(stale)], [409, 'STALE_VIEW']);
    }
    assert.equal((await call(cancel, { id }, { expectedSeq: seq })).status, 200);
  });

  it('is told by the feed, before what it led to, and the history says who', async (t) => {
    const { world, call } = await rig(t);
    const { id } = await proving(world());
    const after = world().assembly.feed.newest;
    const { said } = await call(acts[0] as Act, { id });
    await world().settle();
    const told = world().assembly.feed.read(after, 10);
    assert.deepEqual(
      told.map(({ entry }) => entry.what),
      ['act', 'request'],
    );
    assert.equal(told[0]?.n, Number(said.changed.feed));
    assert.equal(world().journal(id).at(-1)?.act?.operator, 'ada');
  });

  it('takes nothing in while intake is paused, and does when the pause has lifted itself', async (t) => {
    const { world, call } = await rig(t);
    const pauseIntake = acts.find(({ name }) => name === 'intake.pause') as Act;
    const stdinId = sampleArtifactId();
    const known = await world().submit({ stdinId });
    await call(pauseIntake, { for: '60s' });
    await assert.rejects(world().submit(), /PAUSED/);
    // What was taken in is answered as before.
    assert.equal(await world().submit({ stdinId, deadlineAt: deadlineOf(world(), known) }), known);
    await world().clock.advance(60_001);
    await world().submit();
    assert.equal((await call(pauseIntake, {})).status, 200);
  });

  it('on a deadline ends the request at the new one and not at the old one, also over restarts', async (t) => {
    const { world, call, reborn } = await rig(t);
    const { id } = await proving(world());
    const oldAt = deadlineOf(world(), id);
    const move = acts.find(({ name }) => name === 'request.move-deadline') as Act;
    await reborn();
    const later = await call(move, { id, deadline: new Date(oldAt + 3_600_000).toISOString() });
    assert.equal(later.status, 200, JSON.stringify(later.said));
    await reborn();
    await world().clock.advance(oldAt - world().clock.now() + 1_000);
    await world().settle();
    assert.equal(world().system.registry.view(id)?.state, 'proving');
    const sooner = await call(move, { id, deadline: new Date(world().clock.now() + 120_000).toISOString() });
    assert.equal(sooner.status, 200, JSON.stringify(sooner.said));
    await world().clock.advance(121_000);
    await world().settle();
    assert.equal(world().system.registry.view(id)?.state, 'expired');
    assert.equal(
      world()
        .journal(id)
        .filter(({ on }) => on === 'DEADLINE_PASSED').length,
      1,
    );
  });

  it('on the priority of one that waits ranks it anew at once, and after a restart', async (t) => {
    const { world, call, reborn } = await rig(t);
    const id = await world().submit();
    await world().settle();
    await call(acts.find(({ name }) => name === 'request.priority') as Act, { id, priority: 'first' });
    await world().settle();
    const [whose, rank] = world().lanes.reranked.at(-1) ?? [];
    assert.deepEqual([whose, rank?.priority], [id, 'first']);
    await reborn();
    assert.equal(world().lanes.waiting[0]?.terms.priority, 'first');
  });

  it('is what a held request waits for; then it is fulfilled, and its client has seen nothing', async (t) => {
    const { world, call, reborn } = await rig(t);
    const { id } = await held(world());
    await reborn();
    assert.equal(world().system.registry.view(id)?.state, 'held');
    await call(acts.find(({ name }) => name === 'request.retry') as Act, { id });
    await world().settle();
    for (const _ of ['prove', 'verify']) await world().endStage(id);
    assert.equal(world().system.registry.view(id)?.state, 'fulfilled');
  });

  it('on a priority says who waits longer by it', async (t) => {
    const { world, call } = await rig(t);
    const ids: RequestId[] = [];
    for (const who of ['11', '22', '22', '33'])
      ids.push(await world().submit({ requester: who.repeat(20) as Address }));
    await world().settle();
    const act = acts.find(({ name }) => name === 'request.priority') as Act;
    const said = async (id: RequestId | undefined, priority: string) =>
      (await call(act, { id, priority }, { dryRun: true })).said.changed.effects[1];
    assert.equal(await said(ids[3], 'first'), 'Up to 3 requests of 2 requesters wait longer by it.');
    assert.equal(
      await said(ids[0], 'last'),
      'It waits longer itself: 3 requests of 2 requesters that are behind it go before it.',
    );
    await call(act, { id: ids[1], priority: 'first' });
    await world().settle();
    assert.equal(await said(ids[3], 'first'), 'Up to 2 requests of 2 requesters wait longer by it.');
    world()
      .lanes.waiting.find(({ job }) => job.requestId === ids[0])
      ?.grant();
    await world().settle();
    assert.equal(await said(ids[0], 'last'), 'It waits in no line now, so nobody waits longer by it.');
  });

  it('on many is done to those that fitted at its beginning, 200 a second, and leaves those that have moved on', {
    timeout: 60_000,
  }, async (t) => {
    const { world, call, reborn } = await rig(t);
    const ids: RequestId[] = [];
    for (let n = 0; n < 45; n += 1) ids.push(await world().submit());
    await world().settle();
    const many = acts.find(({ name }) => name === 'requests.many') as Act;
    const asked = { action: 'cancel', filter: { states: ['executing'] } };
    const dry = await call(many, asked, { dryRun: true });
    assert.deepEqual([dry.status, (dry.said as unknown as { fitting: number }).fitting], [200, 45]);
    assert.equal(codeOf(await call(many, asked)), 'COUNT_DIFFERS', 'a number that nobody has confirmed');
    const done = call(many, { ...asked, expectedCount: 45 }, { operationId });
    const isOpen = (id: RequestId) => world().system.registry.view(id)?.state !== 'cancelled';
    const open = () => ids.filter(isOpen).length;
    while (open() > 25) await world().settle();
    await world().clock.advance(99);
    assert.equal(open(), 25);
    // One of those to come goes by itself, and another one comes.
    await world().system.registry.cancel(ids.find(isOpen) as RequestId);
    const later = await world().submit();
    for (const _ of [1, 2, 3]) {
      await world().clock.advance(100);
      await world().settle();
    }
    const { said } = await done;
    assert.match(said.changed.effects[1] ?? '', /^1 of them had moved on and were left, .*nothing to do for cancel/);
    assert.equal(world().system.registry.view(later)?.state, 'executing');
    assert.equal(open(), 0);
    const audited = world().assembly.audit.list(100);
    assert.equal(audited.filter(({ action, reason: why }) => action === 'request.cancel' && why === reason).length, 44);
    await reborn();
    const again = await call(many, { ...asked, expectedCount: 45 }, { operationId });
    assert.deepEqual(again.said.changed, said.changed);
    assert.equal(world().system.registry.view(later)?.state, 'executing');
  });

  it('is what a request waits for whose actor has failed; it keeps its place, and three times an hour is enough', async (t) => {
    const { world, call } = await rig(t);
    const release = acts.find(({ name }) => name === 'request.release') as Act;
    const { id } = await proving(world());
    for (const _ of [1, 2, 3]) {
      await fails(world(), id);
      assert.equal(codeOf(await call(acts[0] as Act, { id })), 'NOTHING_TO_DO');
      const { said } = await call(release, { id });
      assert.match(
        said.changed.effects[0] ?? '',
        /goes on from its last transition, number \d+: proving\. .*DataCloneError/,
      );
      await world().settle();
      assert.deepEqual([world().system.setAside.size, world().lanes.waiting[0]?.terms.resumed], [0, true]);
      world().lanes.waiting[0]?.grant();
      await world().settle();
    }
    await fails(world(), id);
    assert.equal(codeOf(await call(release, { id })), 'NOTHING_TO_DO');
    await world().clock.advance(3_600_000);
    assert.equal((await call(release, { id })).status, 200);
    await world().settle();
    for (const _ of ['prove', 'verify']) await world().endStage(id);
    assert.equal(world().system.registry.view(id)?.state, 'fulfilled');
    const journal = world().journal(id);
    assert.ok(journal.every(({ on }) => on !== 'PRIORITY_SET'));
  });

  it('is not waited for for ever: a hold ends with its failure', async (t) => {
    const { world, reborn } = await rig(t);
    const { id } = await held(world());
    await reborn();
    await world().clock.advance(3_600_001);
    await world().settle();
    const view = world().system.registry.view(id);
    assert.deepEqual([view?.state, view?.state === 'failed' && view.failure.code], ['failed', 'POISONOUS']);
  });

  it('on dispatch is the first reason why a request waits, with who and why', async (t) => {
    const { world, call } = await rig(t);
    const id = await world().submit();
    await world().settle();
    await call(acts.find(({ name }) => name === 'dispatch.pause') as Act, {});
    const view = world().system.registry.view(id);
    const [first] = view === undefined ? [] : world().system.why().reasonsOf(view);
    assert.deepEqual(
      [first?.code, first && 'by' in first && [first.by, first.why]],
      ['DISPATCH_PAUSED', ['ada', reason]],
    );
  });

  it('that takes a lane from a request lets it go first, and counts no try', async (t) => {
    const { world } = await rig(t);
    const { id } = await proving(world());
    world().lanes.waiting[0]?.answer(failed(fail('ABORTED')));
    await world().settle();
    const [again] = world().lanes.waiting;
    assert.deepEqual([again?.job.requestId, again?.terms.resumed], [id, true]);
    const view = world().system.registry.view(id);
    assert.deepEqual([view?.state, view?.tries.prove], ['proving', 1]);
  });

  it('says by gRPC who it was, too', async (t) => {
    const world = await createWorld({ pages: createMemoryPages() });
    t.after(() => world.end());
    const to = await startAdmin(t, world);
    const { id } = await proving(world);
    const answer = await callGrpc(to, Requests.method.cancel, { id, change: { reason } });
    assert.ok('message' in answer && answer.message.changed?.applied);
    assert.equal(answer.message.row?.state, 'cancelled');
    assert.equal(auditOf(world)[0]?.operator, 'unnamed');
  });
});
