// `sealed-prover admin lane ID set-up|forget HASH`: it stays until the lane is done, and says what came of it.
import assert from 'node:assert/strict';
import type { IpcNetConnectOpts } from 'node:net';
import { it, type TestContext } from 'node:test';
import type { Failure } from '../../failures/catalog.js';
import { fail } from '../../failures/fail.js';
import type { LaneReport, ProgramOrder } from '../../lanes/scheduling.js';
import { scriptedCli } from '../../testkit/scriptedCli.js';
import { startAdmin } from '../../testkit/service/adminWorld.js';
import { sampleLane } from '../../testkit/service/laneActs.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld, vkHash } from '../../testkit/world/world.js';
import { runCli } from '../runCli.js';

const because = ['--reason', 'the first proof is awaited'];
const takesMs = 8_000;

/** A lane that is done with a program after a while. `end`: how. Null: it has lost it from memory. */
async function start(t: TestContext, end: Failure | undefined | null) {
  const world = await createWorld({ pages: createMemoryPages() });
  t.after(() => world.end());
  const { path } = (await startAdmin(t, world)) as IpcNetConnectOpts;
  const told = (changes: Partial<LaneReport> = {}) => {
    world.lanes.reports = [sampleLane('gpu-0', changes)];
  };
  told();
  world.lanes.prepareLane = (_, { what, program, noted }: ProgramOrder) => {
    const about = { what, vkHash, program, forMs: 0, progress: undefined, isUnderWay: true, failure: undefined };
    const progress = { stage: 'setup', done: 0, total: 0, cycles: 0 } as const;
    told({ state: 'preparing', preparation: { ...about, progress } });
    void noted();
    world.clock.wakeIn(takesMs, () => {
      const preparation = { ...about, forMs: takesMs, isUnderWay: false, failure: end ?? undefined };
      told(end === null ? {} : { preparation });
    });
    return true;
  };
  return async (...words: string[]) => {
    const cli = scriptedCli({ LOGNAME: 'ada' }, { clock: world.clock });
    let isOver = false;
    const running = runCli(['admin', 'lane', 'gpu-0', ...words, '--socket', path], cli).finally(() => (isOver = true));
    while (!isOver) {
      await new Promise(setImmediate);
      await world.clock.advance(100);
    }
    return { exitCode: await running, out: cli.out().replaceAll('\n', ' '), err: cli.err() };
  };
}

it('waits until a program is set up, and says how long it took', async (t) => {
  const admin = await start(t, undefined);
  const dry = await admin('set-up', vkHash.slice(0, 8), ...because, '--dry-run');
  assert.deepEqual(
    [dry.exitCode, /^Would happen: Program 2{64} is set up on lane gpu-0\./.test(dry.out)],
    [0, true],
    dry.out,
  );
  const done = await admin('set-up', vkHash.slice(0, 8), ...because);
  assert.equal(done.exitCode, 0, done.err);
  assert.match(done.out, /Lane gpu-0: set-up of 0x2{64} done in 8 s $/);
  assert.equal(done.err, 'Lane gpu-0: setup\n');
  const shown = await admin();
  assert.match(shown.out, /Prepared +set-up of 0x2{64} done in 8 s/);
});

it('ends with 1 and the reason where it failed, also in JSON, and where nothing is known of it', async (t) => {
  const admin = await start(t, fail('VERIFICATION_KEY_MISMATCH', { vkHash }));
  const failed = await admin('set-up', vkHash, ...because);
  assert.deepEqual([failed.exitCode, /failed: /.test(failed.out)], [1, true], failed.out);
  const said = await admin('set-up', vkHash, ...because, '--json');
  assert.match(said.out, /"preparation":\{.*"failure":\{"code":"VERIFICATION_KEY_MISMATCH"/);
  const lost = await start(t, null);
  const unknown = await lost('set-up', vkHash, ...because);
  assert.deepEqual([unknown.exitCode, /what came of it is not known/.test(unknown.err)], [1, true], unknown.err);
});

it('does not wait with --detach, and asks for a program where there is to be one', async (t) => {
  const admin = await start(t, undefined);
  const left = await admin('set-up', vkHash, ...because, '--detach');
  assert.deepEqual([left.exitCode, /done in/.test(left.out)], [0, false]);
  const again = await admin('forget', vkHash, ...because);
  assert.deepEqual([again.exitCode, /not set up there/.test(again.err)], [4, true], again.err);
  for (const words of [['set-up'], ['forget'], ['drain', vkHash]]) {
    const { exitCode, err } = await admin(...words, ...because);
    assert.deepEqual([exitCode, /Name the program|Nothing stands behind drain/.test(err)], [2, true], err);
  }
});
