// Which requests an action is about: those that are named, or all that fit, once their number is confirmed; and what the audit tells of a time.
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { fail } from '../../failures/fail.js';
import { laneId } from '../../ids.js';
import { startAdminCommand } from '../../testkit/service/adminCommand.js';
import { sampleLane } from '../../testkit/service/laneActs.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld } from '../../testkit/world/world.js';

const because = ['--reason', 'a test run that nobody needs'];

async function rig(t: TestContext) {
  const world = await createWorld({ pages: createMemoryPages() });
  t.after(() => world.end());
  return { world, admin: (await startAdminCommand(t, world)).run };
}

it('--all-matching acts on all that fit, when their number was confirmed, and on nothing else', async (t) => {
  const { world, admin } = await rig(t);
  const ids = [await world.submit(), await world.submit(), await world.submit()];
  await world.settle();
  const all = ['cancel', '--all-matching', '--state', 'executing', ...because];
  const asked = await admin(...all, '--yes');
  assert.deepEqual([asked.exitCode, asked.err], [4, 'Nothing was done. Do it with --count 3.\n']);
  assert.match(asked.out, /^Would happen: cancel is done to each of the 3 open requests that fit\./);
  const moved = await admin(...all, '--count', '2');
  assert.deepEqual([moved.exitCode, /COUNT_DIFFERS|3/.test(moved.err)], [4, true]);
  assert.equal(world.system.registry.view(ids[0] as never)?.state, 'executing');
  const done = await admin(...all, '--count', '3');
  assert.equal(done.exitCode, 0, done.err);
  assert.deepEqual(
    ids.map((id) => world.system.registry.view(id)?.state),
    ids.map(() => 'cancelled'),
  );
});

it('where it is not clear which are meant, nothing is asked of the service', async (t) => {
  const { world, admin } = await rig(t);
  const id = await world.submit();
  await world.settle();
  for (const [words, wanted] of [
    [[], /^Which requests\? Give their ids, or --all-matching with filters\./],
    [[id, '--all-matching'], /^Give ids or --all-matching, not both\./],
    [['--all-matching', '--if-seq', '3'], /^--if-seq is about one request/],
    [[id, '--state', 'proving'], /^Filters and --count go with --all-matching/],
    [[id, '--count', '1'], /^Filters and --count go with --all-matching/],
  ] as const)
    for (const act of ['cancel', 'retry', 'retry-now', 'give-up', 'release']) {
      const { exitCode, err } = await admin(act, ...words, ...because);
      assert.equal(exitCode, 2);
      assert.match(err, wanted);
    }
  assert.deepEqual(world.assembly.audit.list(1), []);
});

it('audit --since tells all of that time and nothing before', async (t) => {
  const { world, admin } = await rig(t);
  for (let hour = 0; hour < 4; hour += 1) {
    await admin('dispatch', hour % 2 === 0 ? 'pause' : 'resume', '--reason', `in hour ${hour}`);
    await world.clock.advance(3_600_000);
  }
  const hoursIn = (out: string) => [...out.matchAll(/in hour (\d)/g)].map(([, hour]) => hour);
  assert.deepEqual(hoursIn((await admin('audit', '--since', '150m')).out), ['3', '2']);
  assert.deepEqual(hoursIn((await admin('audit', '--since', '7d')).out), ['3', '2', '1', '0']);
  assert.deepEqual(hoursIn((await admin('audit', '--since', '7d', '--limit', '3')).out), ['3', '2', '1']);
  assert.equal((await admin('audit', '--since', '1s')).out, 'Nothing was done.\n');
  assert.equal((await admin('audit', '--since', 'monday')).exitCode, 2);
});

it('what an engine has said of itself stays within 100 columns, whatever it is', async (t) => {
  const { world, admin } = await rig(t);
  const lastFailure = fail('ENGINE_LOST', { laneId: laneId('gpu-0'), detail: 'no device '.repeat(60), blame: true });
  world.lanes.reports = [sampleLane('gpu-0', { state: 'cooling', resumesInMs: 9_000, lastFailure })];
  for (const words of [['lanes'], ['lane', 'gpu-0'], ['status']]) {
    const { out } = await admin(...words);
    assert.ok(out.includes('gpu-0'));
    for (const line of out.split('\n')) assert.ok([...line].length <= 100, line);
  }
});
