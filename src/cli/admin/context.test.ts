import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startAdminCommand } from '../../testkit/service/adminCommand.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld } from '../../testkit/world/world.js';

it('admin request --context prints what its machine remembers, as JSON, without the id of its input', async (t) => {
  const world = await createWorld({ pages: createMemoryPages() });
  t.after(() => world.end());
  const { shown } = await startAdminCommand(t, world);
  const id = await world.submit();
  await world.settle();
  const run = (...words: string[]) => shown('request', id, '--context', ...words);
  const stdin = world.system.registry.view(id)?.request.stdin;
  const [head = '', ...rest] = (await run()).split('\n');
  assert.match(head, /^request@\d+, transition 1, \{"open":\{"executing":"waiting"\}\}$/);
  const context = JSON.parse(rest.join('\n'));
  assert.deepEqual(
    [context.request.requestId, context.request.stdin, context.tries],
    [id, { sha256: stdin?.sha256, sizeBytes: stdin?.sizeBytes }, { execute: 1, prove: 0, verify: 0 }],
  );
  const object = JSON.parse(await run('--json'));
  assert.deepEqual([object.v, object.context.request.requestId, object.context.tries], [1, `0x${id}`, context.tries]);
});
