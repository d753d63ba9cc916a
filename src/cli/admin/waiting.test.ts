// How long a command stays, and what its exit code then says: --wait, --watch and Ctrl-C.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { holdingClock } from '../../clock.js';
import { createWatchers } from '../../rpc/admin/watch/watchers.js';
import { type ScriptedCli, scriptedCli } from '../../testkit/scriptedCli.js';
import { startAdmin } from '../../testkit/service/adminWorld.js';
import { sampleLane } from '../../testkit/service/laneActs.js';
import { temporaryFolder } from '../../testkit/temporaryFolder.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';
import { createWorld } from '../../testkit/world/world.js';
import { runCli } from '../runCli.js';

const because = ['--reason', 'a new driver'];
const turn = () => new Promise<void>((resolve) => void holdingClock.wakeIn(5, resolve));

async function rig(t: TestContext) {
  const world = await createWorld({ pages: createMemoryPages() });
  t.after(() => world.end());
  const watchers = createWatchers();
  const to = await startAdmin(t, world, { watchers });
  const socket = 'path' in to ? to.path : assert.fail();
  return {
    world,
    watchers,
    /** By a clock of its own, which moves while it runs. */
    start(words: readonly string[], options: { isTTY?: boolean } = {}) {
      const clock = new SimulatedClock();
      const cli = scriptedCli({}, { clock, ...options });
      let exitCode: number | undefined;
      const ended = runCli(['admin', ...words, '--socket', socket], cli).then((code) => {
        exitCode = code;
      });
      return {
        cli,
        async until(holds: (cli: ScriptedCli) => boolean) {
          for (; exitCode === undefined && !holds(cli); await turn()) await clock.advance(100);
        },
        /** Less than that passes if it ends. */
        async passing(ms: number) {
          for (let passed = 0; exitCode === undefined && passed < ms; passed += 100, await turn())
            await clock.advance(100);
        },
        async exitCode() {
          for (; exitCode === undefined; await turn()) await clock.advance(100);
          await ended;
          return exitCode;
        },
      };
    },
  };
}

describe('--wait', () => {
  it('stays with a request until it has ended, and tells by the exit code how', async (t) => {
    const { world, start } = await rig(t);
    const id = await world.submit();
    await world.settle();
    const ranOut = start(['request', id, '--wait', '2s']);
    assert.equal(await ranOut.exitCode(), 7);
    assert.match(ranOut.cli.out(), /\nState +executing\.waiting\n/);
    const cancelled = start(['request', id, '--wait', '1h', '--json']);
    await cancelled.passing(3_000);
    await world.system.registry.cancel(id);
    assert.equal(await cancelled.exitCode(), 1);
    assert.equal(JSON.parse(cancelled.cli.out()).row.state, 'cancelled');
    await world.prove(1_000);
    const [view] = [...world.seen].reverse();
    const fulfilled = start(['request', view?.request.requestId ?? '', '--wait', '1s', '--history']);
    assert.equal(await fulfilled.exitCode(), 0);
    assert.match(fulfilled.cli.out(), /\n\d+ .* fulfilled +/);
  });

  it('stays with a lane until its job has ended, unless nothing was done', async (t) => {
    const { world, start } = await rig(t);
    const current = { requestId: await world.submit(), forMs: 0, progress: undefined, missingBytes: 0 };
    world.lanes.reports = [sampleLane('gpu-0', { state: 'busy', current }), sampleLane('gpu-1')];
    const dry = start(['lane', 'gpu-0', 'drain', '--dry-run', '--wait', '1h', ...because]);
    assert.equal(await dry.exitCode(), 0);
    const ranOut = start(['lane', 'gpu-0', 'drain', '--wait', '1s', ...because]);
    assert.equal(await ranOut.exitCode(), 7);
    assert.match(ranOut.cli.err(), /gpu-0 is busy, with its job\./);
    world.lanes.reports = [sampleLane('gpu-0'), sampleLane('gpu-1')];
    const resumed = start(['lane', 'gpu-0', 'resume', '--wait', '1s', ...because]);
    assert.equal(await resumed.exitCode(), 0);
  });
});

it('Ctrl-C ends a command with 130, also one that the service does not answer', async (t) => {
  const socket = join(temporaryFolder('silent'), 'admin.sock');
  const connected = Promise.withResolvers<void>();
  const server = createServer(() => connected.resolve());
  await new Promise<void>((resolve) => void server.listen(socket, resolve));
  t.after(() => server.close());
  const cli = scriptedCli({});
  const status = runCli(['admin', 'status', '--socket', socket, '--json'], cli);
  await connected.promise;
  cli.interrupt();
  assert.equal(await status, 130);
  assert.deepEqual(JSON.parse(cli.out()), {
    v: 1,
    error: { code: 'INTERRUPTED', message: 'Interrupted before the service had answered.' },
  });
});

describe('--watch', () => {
  it('of what is not there says so, ends, and leaves the feed', async (t) => {
    const { start, watchers } = await rig(t);
    const watching = start(['request', 'ab'.repeat(32), '--watch']);
    assert.equal(await watching.exitCode(), 3);
    while (watchers.count > 0) await turn();
  });

  for (const isTTY of [false, true])
    it(`says the heading of a table ${isTTY ? 'with each look on a terminal, which it redraws' : 'once into a pipe, and draws nothing'}`, async (t) => {
      const { world, start } = await rig(t);
      const first = await world.submit();
      const watching = start(['requests', '--watch'], { isTTY });
      await watching.until(({ out }) => out().includes(first.slice(-8)));
      const second = await world.submit();
      await world.settle();
      await watching.until(({ out }) => out().includes(second.slice(-8)));
      watching.cli.interrupt();
      assert.equal(await watching.exitCode(), 130);
      const out = watching.cli.out();
      const headings = out.split('REQUEST ').length - 1;
      assert.ok(isTTY ? headings > 1 : headings === 1, out);
      assert.equal(out.includes('\x1b'), isTTY);
    });
});
