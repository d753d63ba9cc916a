// Deliveries are seen and steered as requests are: in the feed, with their history, by some digits of their ids, and as what needs a person.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Deliveries } from '../../gen/admin/v1/deliveries_pb.js';
import { Service } from '../../gen/admin/v1/service_pb.js';
import type { RequestId } from '../../ids.js';
import { createNetworkWorld } from '../../testkit/fakeNetwork/networkWorld.js';
import { actRig, auditOf, codeOf, reason } from '../../testkit/service/actRig.js';
import { callJson } from '../../testkit/service/adminCalls.js';
import { type Watched, watchEvents } from '../../testkit/service/adminWatch.js';
import { startAdmin } from '../../testkit/service/adminWorld.js';
import { pausing, refusedOnce } from '../../testkit/service/deliveryActs.js';
import { plantDelivery } from '../../testkit/world/awayNetwork.js';
import { deliveryWays } from '../../testkit/world/deliveries.js';
import type { World } from '../../testkit/world/world.js';

const rig = (t: TestContext) => actRig(t, { inNetwork: true });
const giveUp = { method: Deliveries.method.giveUp };
const tryNow = { method: Deliveries.method.tryNow };

/** What the feed has of deliveries, in its order. */
const feedOf = (world: World) =>
  world.assembly.feed
    .read(0, 1_000)
    .flatMap(({ entry }) => (entry.what === 'delivery' ? [`${entry.id} ${entry.seq}`] : []));

const journalled = (world: World) =>
  [...world.store.scan('deliveryJournal', [])].map(({ key: [id, seq] }) => `${id} ${seq}`);

describe('transitions of deliveries', () => {
  it('have a number each in the feed, also over crashes, and the tallies agree with what is stored', async (t) => {
    const made = await createNetworkWorld();
    t.after(() => made.end());
    await made.ask('one');
    await made.ask('two');
    const tallied = () => {
      const states = [...made.world.store.scan('openDeliveries', [])].map(
        ({ key }) => made.world.assembly.network?.deliveries.viewOf(key[0])?.state,
      );
      const counted: ReadonlyMap<unknown, number> = made.world.assembly.network?.deliveries.open.counts() ?? new Map();
      assert.equal(
        states.length,
        [...counted.values()].reduce((sum, count) => sum + count, 0),
      );
      for (const state of states) assert.equal(counted.get(state), states.filter((each) => each === state).length);
      return states.length;
    };
    let most = 0;
    for (let step = 0; step < 40; step += 1) {
      await made.clock.advance(200);
      if (step % 9 === 4) await made.crash();
      await made.world.settle();
      most = Math.max(most, tallied());
      if (step % 3 === 0) made.work(step);
    }
    await made.untilAllEnded();
    assert.equal(most, 2);
    assert.deepEqual(feedOf(made.world).sort(), journalled(made.world).sort());
    assert.equal(feedOf(made.world).filter((each) => each.endsWith(' 0')).length, 2);
    const lives = [...made.world.store.scan('deliveryJournal', [])].map(({ value }) => value.life);
    assert.ok(Number(lives.at(-1)) > 1 && lives.every((life) => life !== undefined), lives.join());
    assert.deepEqual([...(made.world.assembly.network?.deliveries.open.counts() ?? [])], []);
  });

  it('are told to who watches, of the kinds and states that are asked for', async (t) => {
    const { world, call } = await rig(t);
    const to = await startAdmin(t, world());
    const after = world().assembly.feed.newest;
    const watchers = ['', '&kinds=delivery', '&kinds=delivery&delivery_states=refused', '&kinds=request,lane'].map(
      (query) => watchEvents(to, `?after=${after}${query}`),
    );
    t.after(() => {
      for (const each of watchers) each.leave();
    });
    const level = (watched: Watched) => watched.until(({ event }) => event.case === 'beat');
    await Promise.all(watchers.map(level));
    const [one, other] = [
      await plantDelivery(world(), refusedOnce(world())),
      await plantDelivery(world(), pausing(world()), { networkId: 'ee'.repeat(32) as RequestId }),
    ];
    await call(giveUp, { id: one });
    await call(tryNow, { id: other });
    await world().settle();
    const { newest } = world().assembly.feed;
    const told = async (watched: Watched | undefined, until: number) => {
      await watched?.until(({ feed }) => Number(feed) >= until);
      return watched?.told.filter((line) => line !== 'beat');
    };
    const ended = `delivery ${one.slice(-6)}:backingOff>refused`;
    const again = `delivery ${other.slice(-6)}:backingOff>pending`;
    assert.deepEqual(await told(watchers[0], newest), ['audit', ended, 'audit', again]);
    assert.deepEqual(await told(watchers[1], newest), [ended, again]);
    assert.deepEqual(await told(watchers[2], newest - 2), [ended]);
    assert.deepEqual(watchers[3]?.told, ['beat']);
    const seen = watchers[1]?.seen.find(({ event }) => event.case === 'delivery')?.event;
    assert.ok(seen?.case === 'delivery');
    assert.deepEqual(
      [seen.value.delivery?.state, seen.value.transition?.on, seen.value.transition?.by, seen.value.transition?.reason],
      ['refused', 'GIVEN_UP', 'ada', reason],
    );
  });

  it('are no words that nothing can match', async (t) => {
    const { world } = await rig(t);
    const to = await startAdmin(t, world());
    for (const query of ['?kinds=deliveries', '?delivery_states=asleep'])
      assert.match(await watchEvents(to, query).ended, /400.*NOT_UNDERSTOOD/s);
  });
});

describe('a delivery', () => {
  it('is named by some digits, and by none that fit several', async (t) => {
    const { world } = await rig(t);
    const to = await startAdmin(t, world());
    const ids = ['aa11'.padEnd(58, '0'), 'bb22'.padEnd(58, '0')].map((start) => `${start}abcdef` as RequestId);
    for (const networkId of ids) await plantDelivery(world(), deliveryWays['working'] ?? [], { networkId });
    for (const id of [ids[1] ?? '', 'bb220000', `0x${ids[1]}`])
      assert.equal((await callJson(to, Deliveries.method.get, { id })).delivery?.id, ids[1]);
    await assert.rejects(callJson(to, Deliveries.method.get, { id: '…abcdef' }), /AMBIGUOUS_ID/);
    await assert.rejects(callJson(to, Deliveries.method.get, { id: 'cc33cc33' }), /DELIVERY_UNKNOWN/);
    await assert.rejects(callJson(to, Deliveries.method.history, { id: ids[0] ?? '', limit: 1_001 }), /NOT_UNDERSTOOD/);
  });

  it('shows how it came where it stands, by pages, who has done it, and what may be done', async (t) => {
    const { world, call } = await rig(t);
    const to = await startAdmin(t, world());
    const id = await plantDelivery(world(), refusedOnce(world()));
    const { delivery } = await callJson(to, Deliveries.method.get, { id });
    assert.deepEqual([delivery?.actions, delivery?.refusal?.sentence], [['try-now', 'give-up'], 'not now']);
    for (const dryRun of [true, false])
      assert.equal(codeOf(await call(giveUp, { id }, { expectedSeq: 1, dryRun })), 'STALE_VIEW');
    await call(giveUp, { id }, { expectedSeq: delivery?.seq });
    const all = await callJson(to, Deliveries.method.history, { id });
    assert.deepEqual(all.transitions.map(({ seq, from, to: state, by }) => [seq, from, state, by]).slice(-2), [
      [5, 'confirming', 'backingOff', ''],
      [6, 'backingOff', 'refused', 'ada'],
    ]);
    const first = await callJson(to, Deliveries.method.history, { id, limit: 4 });
    const rest = await callJson(to, Deliveries.method.history, { id, fromSeq: 4 });
    assert.deepEqual([first.isComplete, rest.isComplete, all.isComplete], [false, true, true]);
    assert.deepEqual([...first.transitions, ...rest.transitions], all.transitions);
    const counts = await callJson(to, Deliveries.method.counts, {});
    assert.deepEqual([counts.byState, counts.endedSinceStart], [{}, { refused: 1n }]);
    assert.deepEqual((await callJson(to, Deliveries.method.get, { id })).delivery?.actions, []);
    assert.equal(auditOf(world())[0]?.target, id);
  });

  it('that the network has refused needs a person as long as the network waits, also after a restart', async (t) => {
    const { world, call, reborn } = await rig(t);
    const id = await plantDelivery(world(), refusedOnce(world()));
    const needs = async () => {
      const { needsYou } = await callJson(await startAdmin(t, world()), Service.method.status, {});
      return needsYou.map(({ reason: code, deliveryId, command, sentence }) => [code, deliveryId, command, sentence]);
    };
    assert.deepEqual(await needs(), []);
    await call(giveUp, { id });
    const needed = [
      'DELIVERY_REFUSED',
      id,
      `delivery ${id}`,
      'The network refuses this report for good: not now. Its client gets the proof from here, and the network sees the request expire.',
    ];
    assert.deepEqual(await needs(), [needed]);
    await reborn();
    assert.deepEqual(await needs(), [needed]);
    await world().clock.advance(4_200_000);
    assert.deepEqual(await needs(), []);
    // Another refusal clears those that are over away.
    const next = await plantDelivery(world(), refusedOnce(world()), { networkId: 'ee'.repeat(32) as RequestId });
    await call(giveUp, { id: next });
    assert.deepEqual(
      [...world().store.scan('refusedDeliveries', [])].map(({ key }) => key[0]),
      [next],
    );
  });
});
