// Giving a request up, in every state that it can be in, and at the same moment as it ends otherwise.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import { failed } from '../failures/outcome.js';
import { laneId, type RequestId } from '../ids.js';
import { statePath } from '../machines/request/view.js';
import { successOf } from '../testkit/engine/scriptedLanes.js';
import { sampleRequestId } from '../testkit/sampleIds.js';
import { createWorld, type World } from '../testkit/world/world.js';

const codeOf = (code: string) => (error: unknown) => error instanceof FailureError && error.failure.code === code;
const refused = failed(fail('ENGINE_REFUSED', { laneId: laneId('scripted'), detail: 'no' }));

/** One step of the lane that holds the only job. */
async function step(world: World, how: 'succeed' | 'refuse' | 'grant'): Promise<void> {
  const [next] = world.lanes.waiting;
  assert.ok(next);
  if (how === 'grant') next.grant();
  else next.answer(how === 'succeed' ? successOf(next.job) : refused);
  await world.settle();
}

const ways: [state: string, steps: ('succeed' | 'refuse' | 'grant')[]][] = [
  ['executing.waiting', []],
  ['executing.running', ['grant']],
  ['proving.waiting', ['succeed']],
  ['proving.running', ['succeed', 'grant']],
  ['proving.backingOff', ['succeed', 'refuse']],
  ['verifying.waiting', ['succeed', 'succeed']],
  ['verifying.running', ['succeed', 'succeed', 'grant']],
];

const stored = (world: World, id: RequestId) =>
  statePath((world.store.get('snapshots', id)?.snapshot as { value: unknown }).value);

describe('cancelling', () => {
  for (const [state, steps] of ways) {
    it(`stops the work and leaves nothing behind: ${state}`, async () => {
      const world = await createWorld();
      const id = await world.submit();
      await world.settle();
      for (const how of steps) await step(world, how);
      assert.equal(stored(world, id), state);
      const stdin = world.layout.final(world.system.registry.view(id)?.request.stdin.id as never, 'stdin').path;
      const end = await world.system.registry.cancel(id);
      // Resolved: on disk, and not only decided.
      assert.equal(end.state, 'cancelled');
      assert.equal(stored(world, id), 'cancelled');
      assert.equal(world.store.get('openRequests', id), undefined);
      await world.settle();
      assert.deepEqual(world.lanes.waiting, []);
      assert.ok(!existsSync(stdin));
      // A late wake finds no actor.
      await world.clock.advance(60_000);
      await world.settle();
      assert.deepEqual(world.lanes.waiting, []);
      assert.equal(world.journal(id).at(-1)?.to, 'cancelled');
      await world.end();
    });
  }

  it('takes a request that waits for its turn out of the line', async () => {
    const world = await createWorld({ window: 1 });
    const first = await world.submit();
    const asleep = await world.submit();
    await world.settle();
    assert.equal(stored(world, asleep), 'requested');
    assert.equal((await world.system.registry.cancel(asleep)).state, 'cancelled');
    const next = await world.submit();
    await world.system.registry.cancel(first);
    await world.settle();
    assert.equal(stored(world, next), 'executing.waiting');
    await world.end();
  });

  it('leaves no result behind, also of work that ends a moment later', async () => {
    const world = await createWorld();
    for (const stages of [0, 1, 2])
      for (let turns = 0; turns < 12; turns += 1) {
        const id = await world.submit();
        await world.settle();
        for (let stage = 0; stage < stages; stage += 1) await step(world, 'succeed');
        const [next] = world.lanes.waiting;
        assert.ok(next);
        next.answer(successOf(next.job));
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
        await world.system.registry.cancel(id);
        await world.settle();
        const left = [...world.store.scan('results', [id])].map(({ key }) => key.slice(1));
        assert.deepEqual(left, [], `${next.job.stage}, after ${turns} turns`);
      }
    await world.end();
  });

  it('again, by several at once, and after the end, answers the one end', async () => {
    const world = await createWorld();
    const id = await world.submit();
    await world.settle();
    const ends = await Promise.all([1, 2, 3].map(() => world.system.registry.cancel(id)));
    assert.deepEqual(
      ends.map(({ state }) => state),
      ['cancelled', 'cancelled', 'cancelled'],
    );
    assert.equal((await world.system.registry.cancel(id)).state, 'cancelled');
    assert.equal(world.journal(id).filter(({ to }) => to === 'cancelled').length, 1);

    const proven = await world.submit();
    await world.settle();
    for (const _ of ['execute', 'prove', 'verify']) await step(world, 'succeed');
    assert.equal((await world.system.registry.cancel(proven)).state, 'fulfilled');
    await assert.rejects(world.system.registry.cancel(sampleRequestId()), codeOf('REQUEST_NOT_FOUND'));
    await world.end();
  });

  it('at the moment of completion gives both sides the same answer', async () => {
    const world = await createWorld();
    const seen = new Set<string>();
    // The lane's answer travels through a few microtasks. The cancel comes after each number of them.
    for (let turns = 0; turns < 30; turns += 1) {
      const id = await world.submit();
      await world.settle();
      await step(world, 'succeed');
      await step(world, 'succeed');
      const [verify] = world.lanes.waiting;
      assert.equal(verify?.job.stage, 'verify');
      verify?.answer(successOf(verify.job));
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      const end = await world.system.registry.cancel(id);
      await world.settle();
      assert.equal(world.system.registry.view(id)?.state, end.state);
      assert.equal(stored(world, id), end.state);
      const fulfilled = world.seen.filter(({ request, state }) => request.requestId === id && state === 'fulfilled');
      assert.equal(fulfilled.length, end.state === 'fulfilled' ? 1 : 0);
      seen.add(end.state);
    }
    await world.end();
    assert.deepEqual([...seen].sort(), ['cancelled', 'fulfilled']);
  });

  it('is final over a crash, and not lost by one that comes before the answer', async () => {
    const world = await createWorld();
    const [durable, interrupted] = [await world.submit(), await world.submit()];
    await world.settle();
    await world.system.registry.cancel(durable);
    void world.system.registry.cancel(interrupted);
    const next = await world.reborn();
    await next.settle();
    assert.equal(next.system.registry.view(durable)?.state, 'cancelled');
    // No caller has an answer about this one yet. Either end is right, and asking again settles it.
    assert.equal((await next.system.registry.cancel(interrupted)).state, 'cancelled');
    await next.end();
  });

  it('is not waited for by a caller who has gone', async () => {
    const world = await createWorld();
    const id = await world.submit();
    await world.settle();
    const caller = new AbortController();
    const cancelling = world.system.registry.cancel(id, caller.signal);
    caller.abort();
    await assert.rejects(cancelling, codeOf('ABORTED'));
    await world.settle();
    assert.equal(world.system.registry.view(id)?.state, 'cancelled');
    await world.end();
  });
});
