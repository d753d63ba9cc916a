// What the command prints of a configuration, and that it has nothing of what is secret.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { effectiveOptions } from '../../config/effective.js';
import { loadConfig } from '../../config/load.js';
import { optionNames } from '../../config/options.js';
import { startAdminCommand } from '../../testkit/service/adminCommand.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld } from '../../testkit/world/world.js';

it('admin config shows every option and where it was set, within 100 columns, and no secret', async (t) => {
  const world = await createWorld({ pages: createMemoryPages() });
  t.after(() => world.end());
  const flags = { data: `/${'long/'.repeat(40)}`, tracesTo: 'https://collector/CANARY4711', uploads: '5' };
  const options = effectiveOptions(loadConfig({ flags, environment: { SEALED_TLS: 'ephemeral' } }));
  const { shown } = await startAdminCommand(t, world, { changes: { options } });
  const run = async (...words: string[]) => {
    const out = await shown('config', ...words);
    assert.ok(!out.includes('CANARY4711'));
    return out.trimEnd().split('\n');
  };
  const all = await run();
  for (const line of all) assert.ok([...line].length <= 100, line);
  assert.equal(all.filter((line) => line.startsWith('--')).length, optionNames.length);
  const given = await run('--given');
  assert.ok(given.includes('--traces-to  set (--traces-to)'));
  assert.ok(given.includes('--tls        ephemeral (SEALED_TLS)'));
  assert.equal(given.filter((line) => line.startsWith('--')).length, 4);
  const objects = (await run('--json')).map((line) => JSON.parse(line));
  assert.equal(objects.length, optionNames.length);
  const found = objects.find(({ name }) => name === 'tracesTo');
  assert.deepEqual([found.v, found.value, found.isSecret], [1, 'set', true]);
});
