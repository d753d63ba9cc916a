// Listing an address's requests when there are more of them than one turn of the loop may read.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RequestId } from '../ids.js';
import type { RequestView } from '../machines/requestView.js';
import { createWorld, requester } from '../testkit/world.js';

describe('a list', () => {
  it('finds every request once, newest first, and lets the loop turn meanwhile', async (t) => {
    const world = await createWorld({ window: 1, maxOpen: 2_000, maxOpenOfRequester: 2_000 });
    t.after(() => world.end());
    const ids: RequestId[] = [];
    for (let moment = 0; moment < 11; moment += 1) {
      // A hundred and ten of one moment: the slices end among them.
      const made = await Promise.all(Array.from({ length: 110 }, () => world.submit()));
      ids.unshift(...made.sort().reverse());
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
