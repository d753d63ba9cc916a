// The wall clock is set while requests are open: moments that a client has named move with it, pauses of ours do not.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fail } from '../failures/fail.js';
import { failed } from '../failures/outcome.js';
import type { RequestId } from '../ids.js';
import { createLog } from '../log.js';
import { createWorld, type World } from '../testkit/world/world.js';
import { createRetention } from './retention.js';

const minute = 60_000;
const hour = 60 * minute;

describe('a request, when the clock is set', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld();
  });
  afterEach(() => world.end());

  const stateOf = (requestId: RequestId) => world.system.registry.view(requestId)?.state;
  async function pass(ms: number): Promise<void> {
    await world.clock.advance(ms);
    await world.settle();
  }
  /** One request on its lane, and one that waits in the line. */
  async function open(deadlineInMs: number): Promise<RequestId[]> {
    const deadlineAt = world.clock.now() + deadlineInMs;
    const running = await world.submit({ deadlineAt });
    await world.settle();
    world.lanes.waiting[0]?.grant();
    const waiting = await world.submit({ deadlineAt });
    await world.settle();
    return [running, waiting];
  }
  /** Its first try at a proof has failed. */
  async function backingOff(): Promise<RequestId> {
    const requestId = await world.submit();
    await world.settle();
    await world.endStage(requestId);
    const [job] = world.lanes.waiting;
    job?.grant();
    await world.settle();
    job?.answer(failed(fail('ENGINE_LOST', { laneId: 'cpu-0' as never, detail: 'gone', blame: true })));
    await world.settle();
    const view = world.system.registry.view(requestId);
    assert.ok(view?.state === 'proving' && view.phase === 'backingOff');
    return requestId;
  }
  const isBackingOff = (requestId: RequestId) => {
    const view = world.system.registry.view(requestId);
    return view !== undefined && 'phase' in view && view.phase === 'backingOff';
  };

  it('expires within a minute when its deadline is suddenly over', async () => {
    const ids = await open(4 * hour);
    await pass(10 * minute);
    await world.clock.set(5 * hour);
    await pass(minute);
    assert.deepEqual(ids.map(stateOf), ['expired', 'expired']);
  });

  it('does not expire before its deadline when that has become farther', async () => {
    const ids = await open(10 * minute);
    await pass(9 * minute);
    await world.clock.set(-hour);
    await pass(hour + minute - 1);
    assert.deepEqual(ids.map(stateOf), ['executing', 'executing']);
    await pass(1);
    assert.deepEqual(ids.map(stateOf), ['expired', 'expired']);
  });

  it('keeps its deadline of today when the service has started in 1970', async () => {
    await world.clock.set(-world.clock.now());
    const today = 1_800_000_000_000;
    const requestId = await world.submit({ deadlineAt: today + hour });
    await pass(minute);
    await world.clock.set(today - world.clock.now());
    await pass(hour - 1);
    assert.equal(stateOf(requestId), 'executing');
    await pass(1);
    assert.equal(stateOf(requestId), 'expired');
  });

  it('is as old as the time that has passed, also after its end and after a restart', async () => {
    const { registry } = world.system;
    const ended = await world.submit();
    await world.settle();
    await pass(5_000);
    await world.clock.set(-9 * hour);
    assert.equal(registry.elapsedMs(ended), 5_000);
    registry.cancel(ended);
    await world.settle();
    assert.equal(registry.view(ended)?.elapsedMs, 5_000);
    const open = await world.submit();
    await world.settle();
    await pass(2_000);
    await world.clock.set(5 * hour);
    await pass(1_000);
    assert.equal(registry.elapsedMs(open), 3_000);
    await world.clock.set(-5 * hour);
    world = await world.reborn();
    await pass(1_000);
    assert.equal(world.system.registry.elapsedMs(open), 4_000);
  });

  for (const [how, ms] of [
    ['forward', 3 * hour],
    ['back', -3 * hour],
  ] as const) {
    it(`backs off for as long as ever when it is set ${how}`, async () => {
      const requestId = await backingOff();
      await world.clock.set(ms);
      await pass(1_999);
      assert.ok(isBackingOff(requestId));
      await pass(1);
      assert.ok(!isBackingOff(requestId));
    });
  }

  it('backs off no longer than a pause lasts when it was set back before a restart', async () => {
    const requestId = await backingOff();
    await world.clock.set(-3 * hour);
    world = await world.reborn();
    await pass(10_000);
    assert.ok(!isBackingOff(requestId));
  });
});

describe('a proof, when the clock is set', () => {
  it('stays until its time is over by that clock, and no minute longer', async () => {
    const world = await createWorld();
    const { clock, store, artifacts, system } = world;
    const retention = createRetention({ store, artifacts, registry: system.registry, clock, log: createLog('silent') });
    retention.start();
    const proofs = () =>
      world.seen
        .flatMap((view) => (view.state === 'fulfilled' ? [world.layout.final(view.proof.id, 'proof').path] : []))
        .map((path) => existsSync(path));
    // Kept for 1,000 s.
    await world.prove(0);
    await clock.advance(500_000);
    await clock.set(-2_000_000);
    await world.prove(0);
    await clock.advance(999_000);
    await world.settle();
    assert.deepEqual(proofs(), [true, true]);
    // The later one expires first.
    await clock.advance(1_000 + minute);
    await world.settle();
    assert.deepEqual(proofs(), [true, false]);
    await clock.set(2_000_000);
    await clock.advance(minute);
    await world.settle();
    assert.deepEqual(proofs(), [false, false]);
    retention.stop();
    await world.end();
  });
});
