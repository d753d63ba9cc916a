// What looks print of ids: their last digits, within 100 columns, or all of them where that is asked for.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fail } from '../../failures/fail.js';
import { failed } from '../../failures/outcome.js';
import { startAdminCommand } from '../../testkit/service/adminCommand.js';
import { sampleLane } from '../../testkit/service/laneActs.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld, vkHash } from '../../testkit/world/world.js';

it('--full-ids prints ids in whole and cuts no line, and without it they are short', async (t) => {
  const world = await createWorld({ pages: createMemoryPages() });
  t.after(() => world.end());
  const { shown: run } = await startAdminCommand(t, world);
  const [lost, waiting] = [await world.submit(), await world.submit()];
  await world.settle();
  const guest = fail('GUEST_FAILED', { cause: 'BREAKPOINT', exitCode: 0, cycles: '9' });
  world.lanes.waiting.find(({ job }) => job.requestId === lost)?.answer(failed(guest));
  await world.settle();
  const current = { requestId: waiting, forMs: 0, progress: undefined, missingBytes: 0 };
  world.lanes.reports = [sampleLane('gpu-0', { state: 'busy', current })];
  await run('priority', waiting, 'first', '--reason', 'it is wanted');
  for (const [words, id] of [
    [['requests'], waiting],
    [['lanes'], waiting],
    [['queue'], waiting],
    [['feed'], waiting],
    [['audit'], waiting],
    [['failures'], lost],
    [['failures'], vkHash],
    [['programs'], vkHash],
  ] as const) {
    const [short, full] = [await run(...words), await run(...words, '--full-ids')];
    assert.ok(full.includes(id), `${words.join(' ')}:\n${full}`);
    assert.ok(short.includes(`…${id.slice(-8)}`), `${words.join(' ')}:\n${short}`);
    assert.ok(!full.includes('…'), full);
    for (const line of short.split('\n')) assert.ok([...line].length <= 100, line);
  }
});
