// What the command prints of requests that have failed in a scripted world.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fail } from '../../failures/fail.js';
import { failed } from '../../failures/outcome.js';
import { startAdminCommand } from '../../testkit/service/adminCommand.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld, vkHash } from '../../testkit/world/world.js';

it('admin failures tells why, how many, where and of what, and how far it has looked', async (t) => {
  const world = await createWorld({ pages: createMemoryPages() });
  t.after(() => world.end());
  const { shown } = await startAdminCommand(t, world);
  const ids: string[] = [];
  for (let n = 0; n < 2; n += 1) {
    const id = await world.submit();
    ids.unshift(`…${id.slice(-8)}`);
    await world.settle();
    const guest = fail('GUEST_FAILED', { cause: 'BREAKPOINT', exitCode: 0, cycles: '9' });
    world.lanes.waiting.find(({ job }) => job.requestId === id)?.answer(failed(guest));
    await world.settle();
    await world.clock.advance(60_000);
  }
  const run = async (...words: string[]) => (await shown('failures', ...words)).trimEnd().split('\n');
  assert.deepEqual(await run(), [
    '2 of 2 requests that ended in the last 1 d 00 h have failed.',
    '',
    'GUEST_FAILED  2 · last 1:00 ago, first 2:00 ago',
    '  The guest program failed: BREAKPOINT (after 9 cycles).',
    '  lanes     scripted-execute 2',
    `  programs  …${vkHash.slice(-8)} 2`,
    `  such as   ${ids.join(' ')}`,
  ]);
  const [object, ...more] = await run('--json', '--since', '90s');
  assert.deepEqual(more, []);
  const { v, code, count } = JSON.parse(object ?? '');
  assert.deepEqual([v, code, count], [1, 'GUEST_FAILED', 1]);
  assert.deepEqual(await run('--since', '1s'), ['None of 0 requests that ended in the last 1 s have failed.']);
});
