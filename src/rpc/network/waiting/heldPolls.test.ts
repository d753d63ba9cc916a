import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fail, failed } from '../../../errors.js';
import { Gate } from '../../../gate.js';
import type { RequestId } from '../../../ids.js';
import { createLog } from '../../../log.js';
import type { RequestView } from '../../../machines/requestView.js';
import { successOf } from '../../../testkit/scriptedLanes.js';
import { createWorld, type World } from '../../../testkit/world.js';
import { createHeldPolls, type HeldPolls, type HeldPollsLimits } from './heldPolls.js';

describe('held polls', () => {
  let world: World;
  let gate: Gate;
  let polls: HeldPolls;
  let requestId: RequestId;
  let isNear: boolean;

  const open = (holdMs = 10_000, limits?: HeldPollsLimits) =>
    createHeldPolls({
      registry: world.system.registry,
      gate,
      outlook: { isNear: () => isNear },
      clock: world.clock,
      log: createLog('silent'),
      holdMs,
      ...(limits && { limits }),
    });
  beforeEach(async () => {
    world = await createWorld();
    gate = new Gate();
    gate.advance('serving');
    isNear = true;
    polls = open();
    requestId = await world.submit();
    await world.settle();
  });
  afterEach(async () => {
    assert.equal(polls.count, 0);
    polls.close();
    await world.end();
  });

  const view = () => world.system.registry.view(requestId) as RequestView;
  const callFrom = (address = '10.0.0.1', signal = new AbortController().signal) => ({
    peer: { address, port: 1, certificate: undefined },
    signal,
  });
  /** What happens to a held poll: `answered` becomes true. */
  function hold(call = callFrom()) {
    const held = { answered: false };
    const promise = polls.hold(view(), call);
    assert.ok(promise, 'it was not held');
    void promise.then(() => {
      held.answered = true;
    });
    return held;
  }
  async function answerNext(): Promise<void> {
    const [next] = world.lanes.waiting;
    next?.answer(successOf(next.job));
    await world.settle();
  }

  it('are answered when the guest was executed, and when the proof is there', async () => {
    const first = hold();
    world.lanes.waiting[0]?.grant();
    await world.settle();
    assert.ok(!first.answered, 'that it runs is nothing that a poll tells');
    await answerNext();
    assert.ok(first.answered);
    const second = hold();
    await answerNext();
    assert.ok(!second.answered);
    await answerNext();
    assert.ok(second.answered);
    assert.equal(view().state, 'fulfilled');
  });

  it('are answered when it fails, and when it is cancelled', async () => {
    const held = hold();
    const failure = fail('GUEST_FAILED', { cause: 'HALT_WITH_NON_ZERO_EXIT_CODE', exitCode: 1, cycles: '1' });
    world.lanes.waiting[0]?.answer(failed(failure));
    await world.settle();
    assert.ok(held.answered);
    requestId = await world.submit();
    await world.settle();
    const other = hold();
    world.system.registry.cancel(requestId);
    await world.settle();
    assert.ok(other.answered);
  });

  it('are answered when their time is over, and not before', async () => {
    const held = hold();
    await world.clock.advance(9_999);
    assert.ok(!held.answered);
    await world.clock.advance(1);
    assert.ok(held.answered);
  });

  it('are answered at the deadline of the request', async () => {
    requestId = await world.submit({ deadlineAt: world.clock.now() + 4_000 });
    const held = hold();
    await world.clock.advance(3_999);
    assert.ok(!held.answered);
    await world.clock.advance(1);
    assert.ok(held.answered);
    await world.settle();
    assert.equal(polls.hold(view(), callFrom()), undefined);
  });

  it('end when their client goes away, and leave nothing behind', async () => {
    const gone = new AbortController();
    const wakesBefore = world.clock.nextWakeAt();
    hold(callFrom('10.0.0.1', gone.signal));
    assert.equal(getEventListeners(gone.signal, 'abort').length, 1);
    gone.abort();
    assert.equal(polls.count, 0);
    assert.equal(world.clock.nextWakeAt(), wakesBefore);
    assert.equal(polls.hold(view(), callFrom('10.0.0.1', gone.signal)), undefined);
  });

  it('are not missed by a change that came just before', async () => {
    const before = view();
    await answerNext();
    assert.notEqual(view().seq, before.seq);
    const late = polls.hold(before, callFrom());
    assert.ok(late);
    await late;
  });

  it('are none whose answer is far away', () => {
    isNear = false;
    assert.equal(polls.hold(view(), callFrom()), undefined);
  });

  it('of ended requests, of a service that does not serve, and with no time to hold are none', async () => {
    const none = open(0);
    assert.equal(none.hold(view(), callFrom()), undefined);
    none.close();
    gate.advance('draining');
    assert.equal(polls.hold(view(), callFrom()), undefined);
    for (let n = 0; n < 3; n += 1) await answerNext();
    assert.equal(view().state, 'fulfilled');
    assert.equal(polls.hold(view(), callFrom()), undefined);
  });

  it('are bounded in number, by address and all together', async () => {
    polls.close();
    polls = open(10_000, { all: 5, network: 3 });
    const from = (address: string, count: number) =>
      Array.from({ length: count }, () => polls.hold(view(), callFrom(address)) !== undefined);
    assert.deepEqual(from('10.0.0.1', 4), [true, true, true, false]);
    assert.deepEqual(from('10.0.0.2', 3), [true, true, false]);
    await world.clock.advance(10_000);
    assert.equal(polls.count, 0);
    assert.deepEqual(from('10.0.0.2', 4), [true, true, true, false]);
    await world.clock.advance(10_000);
    assert.deepEqual(from('2001:db8::1', 2), [true, true]);
    assert.deepEqual(from('2001:db8::2', 2), [true, false]);
    await world.clock.advance(10_000);
  });

  for (const [what, release] of [
    [
      'the proof is there',
      async () => {
        for (let n = 0; n < 2; n += 1) await answerNext();
      },
    ],
    ['the service stops', async () => gate.advance('draining')],
  ] as const) {
    it(`are all answered at once when ${what}, and leave no listener and no timer`, async () => {
      await answerNext();
      const wakeBefore = world.clock.nextWakeAt();
      const calls = Array.from({ length: 1_000 }, () => callFrom());
      const held = calls.map(hold);
      assert.equal(polls.count, 1_000);
      await release();
      await world.clock.settle();
      assert.ok(held.every(({ answered }) => answered));
      assert.equal(polls.count, 0);
      for (const { signal } of calls) assert.equal(getEventListeners(signal, 'abort').length, 0);
      const wake = world.clock.nextWakeAt();
      assert.ok(wake === undefined || wake === wakeBefore);
    });
  }
});
