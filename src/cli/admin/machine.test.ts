// What the command prints of a machine, with how many are in which of its states.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startAdminCommand } from '../../testkit/service/adminCommand.js';
import { sampleLane } from '../../testkit/service/laneActs.js';
import { createMemoryPages } from '../../testkit/world/memoryPages.js';
import { createWorld } from '../../testkit/world/world.js';

it('admin machine shows states, edges, what they ask and how many are there, or draws it', async (t) => {
  const world = await createWorld({ pages: createMemoryPages() });
  t.after(() => world.end());
  const { run: admin } = await startAdminCommand(t, world);
  for (let n = 0; n < 3; n += 1) await world.submit();
  await world.settle();
  world.lanes.waiting[0]?.grant();
  await world.settle();
  const run = (...words: string[]) => admin('machine', ...words);
  for (const id of ['request', 'lane', 'delivery', 'signer']) {
    const { exitCode, out } = await run(id);
    assert.equal(exitCode, 0);
    for (const line of out.split('\n')) assert.ok([...line].length <= 100, line);
  }
  const { out } = await run('request');
  assert.match(out, /^request@3\n/);
  assert.match(out, /\nexecuting {2}3 now\n/);
  assert.match(out, /\nexecuting\.running {2}1 now\n/);
  assert.match(out, /\n {2}→ failed {2}STAGE_FAILED\. The failure would be the same at another try\.\n/);
  assert.match((await run('request', '--mermaid')).out, /^stateDiagram-v2\n/);
  assert.match((await run('lane', '--dot')).out, /^digraph "lane@1" \{\n/);
  const svg = (await run('request', '--svg')).out;
  assert.match(svg, /^<svg [^\n]*\n(.*\n)*<\/svg>\n$/);
  assert.match(svg, />executing 3<(.*\n)*.*>running 1</);
  const object = JSON.parse((await run('request', '--json')).out);
  assert.deepEqual([object.v, object.id, object.liveCounts.executing], [1, 'request@3', 3]);
  assert.equal((await run('queue')).exitCode, 2);
});

it('admin machine counts lanes in whichever state they are, and in the one around it', async (t) => {
  const world = await createWorld({ pages: createMemoryPages() });
  t.after(() => world.end());
  const states = ['ready', 'busy', 'preparing', 'cooling'] as const;
  world.lanes.reports = states.map((state) => sampleLane(`gpu-${state}`, { state }));
  const { shown } = await startAdminCommand(t, world);
  const { liveCounts } = JSON.parse(await shown('machine', 'lane', '--json'));
  assert.deepEqual(liveCounts, { up: 3, 'up.ready': 1, 'up.busy': 1, 'up.preparing': 1, cooling: 1 });
});
