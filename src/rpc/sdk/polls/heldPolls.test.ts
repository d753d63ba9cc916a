import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fail } from '../../../failures/fail.js';
import { failed } from '../../../failures/outcome.js';
import type { RequestId } from '../../../ids.js';
import { createLog } from '../../../log.js';
import type { RequestView } from '../../../machines/request/view.js';
import { Gate } from '../../../service/gate.js';
import { successOf } from '../../../testkit/engine/scriptedLanes.js';
import { createWorld, type World } from '../../../testkit/world/world.js';
import { createHeldPolls, type HeldPolls } from './heldPolls.js';

describe('held polls', () => {
  let world: World;
  let gate: Gate;
  let polls: HeldPolls;
  let requestId: RequestId;
  let nearForMs: number;

  const open = (holdMs = 2_000, maxHeld?: number) =>
    createHeldPolls({
      registry: world.system.registry,
      gate,
      outlook: { nearForMs: () => nearForMs },
      clock: world.clock,
      log: createLog('silent'),
      holdMs,
      ...(maxHeld !== undefined && { maxHeld }),
    });
  beforeEach(async () => {
    world = await createWorld();
    gate = new Gate();
    gate.advance('serving');
    nearForMs = 2_000;
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
  const callOf = ({
    userAgent = 'tonic/0.14.2',
    hasTimeLimit = false,
    signal = new AbortController().signal,
  } = {}) => ({
    userAgent,
    hasTimeLimit,
    signal,
  });
  /** What happens to a held poll: `answered` becomes true. */
  function hold(call = callOf()) {
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

  it('are answered when the proof is there, and not before', async () => {
    const held = hold();
    for (let n = 0; n < 2; n += 1) await answerNext();
    assert.equal(view().state, 'verifying');
    assert.ok(!held.answered);
    await answerNext();
    assert.ok(held.answered);
    assert.equal(view().state, 'fulfilled');
  });

  it('are answered when it fails, is cancelled, or its deadline has passed', async () => {
    const guestFailure = fail('GUEST_FAILED', { cause: 'HALT_WITH_NON_ZERO_EXIT_CODE', exitCode: 1, cycles: '1' });
    const ends = [
      () => world.lanes.waiting.find(({ job }) => job.requestId === requestId)?.answer(failed(guestFailure)),
      () => world.system.registry.cancel(requestId),
      () => world.clock.advance(1_000),
    ];
    for (const end of ends) {
      requestId = await world.submit({ deadlineAt: world.clock.now() + 1_000 });
      await world.settle();
      const held = hold();
      await end();
      await world.settle();
      assert.ok(held.answered);
    }
  });

  it('are answered when their time is over, and not before', async () => {
    const held = hold();
    await world.clock.advance(1_999);
    assert.ok(!held.answered);
    await world.clock.advance(1);
    assert.ok(held.answered);
  });

  for (const [how, ms] of [
    ['forward', 3_600_000],
    ['back', -3_600_000],
  ] as const) {
    it(`are held for as long as ever when the clock is set ${how}`, async () => {
      const held = hold();
      await world.clock.set(ms);
      await world.clock.advance(1_999);
      assert.ok(!held.answered);
      await world.clock.advance(1);
      assert.ok(held.answered);
    });
  }

  it('end when their client goes away, and leave nothing behind', async () => {
    const gone = new AbortController();
    const wakesBefore = world.clock.nextWakeAt();
    hold(callOf({ signal: gone.signal }));
    assert.equal(getEventListeners(gone.signal, 'abort').length, 1);
    gone.abort();
    assert.equal(polls.count, 0);
    assert.equal(world.clock.nextWakeAt(), wakesBefore);
    assert.equal(polls.hold(view(), callOf({ signal: gone.signal })), undefined);
  });

  it('are none of another program than the SDK, nor with a limit of its own', () => {
    for (const userAgent of ['', 'curl/8', 'grpc-node-js/1.14.7', 'sealed-prover/1 grpc-node-js/1.14.7'])
      assert.equal(polls.hold(view(), callOf({ userAgent })), undefined);
    assert.equal(polls.hold(view(), callOf({ hasTimeLimit: true })), undefined);
  });

  it('are none whose answer is far away', () => {
    nearForMs = 0;
    assert.equal(polls.hold(view(), callOf()), undefined);
  });

  it('are answered when the end is no longer near', async () => {
    nearForMs = 300;
    const held = hold();
    await world.clock.advance(300);
    assert.ok(held.answered);
  });

  it('of ended requests, of a service that does not serve, and with no time to hold are none', async () => {
    const none = open(0);
    assert.equal(none.hold(view(), callOf()), undefined);
    none.close();
    gate.advance('draining');
    assert.equal(polls.hold(view(), callOf()), undefined);
    for (let n = 0; n < 3; n += 1) await answerNext();
    assert.equal(view().state, 'fulfilled');
    assert.equal(polls.hold(view(), callOf()), undefined);
  });

  it('are bounded in number', async () => {
    polls.close();
    polls = open(2_000, 3);
    const held = () => Array.from({ length: 4 }, () => polls.hold(view(), callOf()) !== undefined);
    assert.deepEqual(held(), [true, true, true, false]);
    await world.clock.advance(2_000);
    assert.deepEqual(held(), [true, true, true, false]);
    await world.clock.advance(2_000);
  });

  for (const [what, release] of [
    [
      'the proof is there',
      async () => {
        for (let n = 0; n < 3; n += 1) await answerNext();
      },
    ],
    ['the service stops', async () => gate.advance('draining')],
  ] as const) {
    it(`are all answered at once when ${what}, and leave no listener and no timer`, async () => {
      const wakeBefore = world.clock.nextWakeAt();
      const calls = Array.from({ length: 1_000 }, () => callOf());
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
