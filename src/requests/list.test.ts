// Listing an address's requests when there are more of them than one turn of the loop may read.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RequestId, Sha256 } from '../ids.js';
import type { RequestView } from '../machines/request/view.js';
import { sampleArtifactId } from '../testkit/sampleIds.js';
import { createMemoryPages } from '../testkit/world/memoryPages.js';
import { createWorld, requester } from '../testkit/world/world.js';

describe('a list', () => {
  it('finds every request once, newest first, and lets the loop turn meanwhile', async (t) => {
    const world = await createWorld({ window: 1, maxOpen: 2_000, maxOpenOfRequester: 2_000 });
    t.after(() => world.end());
    const ids: RequestId[] = [];
    for (let moment = 0; moment < 11; moment += 1) {
      // A hundred and ten of one moment: the slices end among them.
      const made = await Promise.all(Array.from({ length: 110 }, () => world.submit()));
      ids.unshift(...made.sort().reverse());
      // Some have ended: these are in the store, the others in memory.
      for (const [index, id] of made.entries()) if (index % 10 !== moment % 10) await world.system.registry.cancel(id);
      await world.clock.advance(1_000);
    }
    const { registry } = world.system;
    const list = (changes: { offset?: number; limit?: number; to?: number; from?: number } = {}, hits = ids) =>
      registry.list({
        requester,
        from: undefined,
        to: undefined,
        matches: ({ request }: RequestView) => hits.includes(request.requestId),
        offset: 0,
        limit: ids.length,
        ...changes,
      });
    const idsOf = (views: RequestView[]) => views.map(({ request }) => request.requestId);
    assert.deepEqual(idsOf(await list()), ids);
    assert.deepEqual(idsOf(await list({ offset: 495, limit: 10 })), ids.slice(495, 505));
    assert.deepEqual(idsOf(await list({}, ids.slice(-1))), ids.slice(-1));
    const [oldest] = await list({}, ids.slice(-1));
    assert.deepEqual(idsOf(await list({ to: oldest?.request.createdAt ?? 0 })), ids.slice(-110));
    assert.deepEqual(idsOf(await list({ from: (oldest?.request.createdAt ?? 0) + 1 })), ids.slice(0, -110));

    let turned = false;
    const nothing = list({}, []);
    setImmediate(() => {
      turned = true;
    });
    assert.deepEqual(await nothing, []);
    assert.ok(turned);
  });
});

it('neither a list nor a look shows a request whose first transition is not on disk', async (t) => {
  const gates: (() => void)[] = [];
  let isSlow = false;
  const flush = () => (isSlow ? new Promise<void>((resolve) => gates.push(resolve)) : Promise.resolve());
  const world = await createWorld({ pages: createMemoryPages({ flush }) });
  t.after(() => world.end());
  // Its upload is on disk. From here on every flush waits for the test.
  const stdinId = sampleArtifactId(world.clock.now());
  await world.store.write((tx) =>
    tx.put('artifacts', [stdinId], {
      kind: 'stdin',
      owner: requester,
      private: true,
      sha256: '44'.repeat(32) as Sha256,
      sizeBytes: 1,
      storedAt: 0,
      references: [],
    }),
  );
  isSlow = true;
  const submitted = world.submit({ stdinId });
  const committed = () => [...world.store.scan('openRequests', [])][0]?.key[0];
  while (committed() === undefined) await new Promise((resolve) => setImmediate(resolve));
  const { registry } = world.system;
  const list = () =>
    registry.list({ requester, from: undefined, to: undefined, matches: () => true, offset: 0, limit: 10 });
  assert.deepEqual([registry.view(committed() as RequestId), await list()], [undefined, []]);
  isSlow = false;
  for (const open of gates) open();
  const requestId = await submitted;
  assert.equal((await list())[0]?.request.requestId, requestId);
});
