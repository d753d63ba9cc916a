// What actions of operators do to those who wait, beyond what each is tested for by its row in the table.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fail } from '../../../failures/fail.js';
import { failed } from '../../../failures/outcome.js';
import { Requests } from '../../../gen/admin/v1/requests_pb.js';
import type { Address, RequestId } from '../../../ids.js';
import { sampleArtifactId } from '../../../testkit/sampleIds.js';
import { actRig, auditOf, codeOf, operationId, reason } from '../../../testkit/service/actRig.js';
import { callGrpc } from '../../../testkit/service/adminCalls.js';
import { startAdmin } from '../../../testkit/service/adminWorld.js';
import type { Act } from '../../../testkit/service/operatorAct.js';
import { acts, fails, held, proving } from '../../../testkit/service/operatorActs.js';
import { createMemoryPages } from '../../../testkit/world/memoryPages.js';
import { createWorld, type World } from '../../../testkit/world/world.js';

const deadlineOf = (world: World, id: RequestId) => world.system.registry.view(id)?.request.deadlineAt ?? 0;

describe('every action', () => {
  it('is refused when the request has moved on since it was looked at', async (t) => {
    const { world, call } = await actRig(t);
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
    const { world, call } = await actRig(t);
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
    const { world, call } = await actRig(t);
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
    const { world, call, reborn } = await actRig(t);
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
    const { world, call, reborn } = await actRig(t);
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
    const { world, call, reborn } = await actRig(t);
    const { id } = await held(world());
    await reborn();
    assert.equal(world().system.registry.view(id)?.state, 'held');
    await call(acts.find(({ name }) => name === 'request.retry') as Act, { id });
    await world().settle();
    for (const _ of ['prove', 'verify']) await world().endStage(id);
    assert.equal(world().system.registry.view(id)?.state, 'fulfilled');
  });

  it('on a priority says who waits longer by it', async (t) => {
    const { world, call } = await actRig(t);
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
    const { world, call, reborn } = await actRig(t);
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
    const { world, call } = await actRig(t);
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
    const { world, reborn } = await actRig(t);
    const { id } = await held(world());
    await reborn();
    await world().clock.advance(3_600_001);
    await world().settle();
    const view = world().system.registry.view(id);
    assert.deepEqual([view?.state, view?.state === 'failed' && view.failure.code], ['failed', 'POISONOUS']);
  });

  it('on dispatch is the first reason why a request waits, with who and why', async (t) => {
    const { world, call } = await actRig(t);
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
    const { world } = await actRig(t);
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
