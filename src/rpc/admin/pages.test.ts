// Pages of a list whose rows come, end and go between them: a property over thousands of requests in a real store, by the socket of operators.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { createRecords } from '../../durable/records.js';
import { type FilterSchema, Requests } from '../../gen/admin/v1/requests_pb.js';
import type { Address, RequestId } from '../../ids.js';
import { createLog } from '../../log.js';
import { requestRecords } from '../../requests/forget.js';
import { callJson } from '../../testkit/service/adminCalls.js';
import { startAdmin } from '../../testkit/service/adminWorld.js';
import { createWorld, requester, type World } from '../../testkit/world/world.js';

const rowCount = 5_000;
const other = '12'.repeat(20) as Address;
const filters = { all: {}, requester: { requester: other }, state: { states: ['requested'] } } satisfies Record<
  string,
  MessageInitShape<typeof FilterSchema>
>;
type FilterName = keyof typeof filters;

/** What happens between two pages; `which` of several it happens to. */
const happening = fc.record({
  what: fc.constantFrom('comes', 'moves', 'ends', 'the last one shown ends', 'ended ones go'),
  which: fc.nat(rowCount),
});
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

/** One look through a list. Its steps are gone through again and again until the list is at its end. */
const walk = fc.record({
  filter: fc.constantFrom<FilterName>('all', 'requester', 'state'),
  steps: fc.array(
    fc.record({ size: fc.integer({ min: 100, max: 500 }), happenings: fc.array(happening, { maxLength: 5 }) }),
    { minLength: 5, maxLength: 40 },
  ),
});

/** Rows of a world, and what befalls them. */
function rowsOf(world: World) {
  const stored = () => [...world.store.scan('snapshots', [])].map(({ key }) => key[0]);
  const submit = (which: number) => world.submit({ requester: which % 2 === 0 ? requester : other });

  async function fill(): Promise<void> {
    for (let missing = rowCount - stored().length; missing > 0; missing -= 100) {
      await Promise.all(Array.from({ length: Math.min(100, missing) }, (_, n) => submit(n)));
      await world.clock.advance(1_000);
    }
    await world.settle();
  }

  function matching(name: FilterName): Set<RequestId> {
    const fits = (id: RequestId) => {
      const view = world.system.registry.view(id);
      if (name === 'requester') return view?.request.requester === other;
      return name === 'all' || view?.state === 'requested';
    };
    return new Set(stored().filter(fits));
  }

  async function endOf(id: RequestId | undefined): Promise<void> {
    if (id !== undefined && world.store.get('openRequests', id)) await world.system.registry.cancel(id);
  }

  async function happens({ what, which }: Happening, lastShown: RequestId | undefined): Promise<void> {
    if (what === 'comes') await submit(which);
    else if (what === 'moves') {
      const [moving] = world.lanes.waiting;
      if (moving) await world.endStage(moving.job.requestId);
    } else if (what === 'the last one shown ends') await endOf(lastShown);
    else if (what === 'ends') {
      const open = [...world.store.scan('openRequests', [])];
      await endOf(open[which % open.length]?.key[0]);
    } else {
      const { store, system, artifacts, clock } = world;
      const kinds = [requestRecords({ store, artifacts, registry: system.registry })];
      const records = createRecords({ store, clock, log: createLog('silent'), kinds, retentionMs: 0 });
      records.start();
      await world.settle();
      records.stop();
    }
  }

  return { fill, matching, happens };
}

it('pages show each of 5,000 rows that lives throughout exactly once, whatever comes, ends and goes between them', {
  timeout: 300_000,
}, async (t) => {
  const world = await createWorld({ maxOpen: 2 * rowCount, maxOpenOfRequester: 2 * rowCount, window: 4 });
  t.after(() => world.end());
  const to = await startAdmin(t, world);
  const { fill, matching, happens } = rowsOf(world);
  const gone = { pages: 0, rows: 0 };
  await fc.assert(
    fc.asyncProperty(walk, async ({ filter, steps }) => {
      await fill();
      const atFirst = matching(filter);
      const shown: RequestId[] = [];
      for (let token = '', pages = 0; pages === 0 || token !== ''; pages += 1) {
        const { size = 1, happenings = [] } = steps[pages % steps.length] ?? {};
        const given = { filter: filters[filter], page: { size, token } };
        const { rows, page } = await callJson(to, Requests.method.list, given);
        assert.ok(rows.length <= size && pages <= rowCount);
        shown.push(...rows.map(({ id }) => id as RequestId));
        token = page?.nextToken ?? '';
        for (const each of happenings) await happens(each, shown.at(-1));
        gone.pages += 1;
      }
      // Ids begin with the time of birth: the newest first, none twice, and none that has come meanwhile between older ones.
      assert.deepEqual(shown, [...new Set(shown)].sort().reverse());
      await world.settle();
      const atLast = matching(filter);
      const throughout = [...atFirst].filter((id) => atLast.has(id));
      gone.rows += atFirst.size - throughout.length;
      const seen = new Set(shown);
      assert.deepEqual(
        throughout.filter((id) => !seen.has(id)),
        [],
      );
      assert.ok(throughout.length > rowCount / 4);
    }),
    { numRuns: 5, endOnFailure: true },
  );
  t.diagnostic(JSON.stringify(gone));
  assert.ok(gone.pages > 25 && gone.rows > 0);
});
