// What watchers are told behind a cursor: all of it, or the last of each, in order and once, and made once for all who stand together.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { openFeed } from '../../../feed/feed.js';
import { RequestsWatchRequestSchema } from '../../../gen/admin/v1/requests_pb.js';
import type { RequestId } from '../../../ids.js';
import { createStore } from '../../../store/environment.js';
import { createMemoryPages } from '../../../testkit/world/memoryPages.js';
import { SimulatedClock } from '../../../testkit/world/simulatedClock.js';
import { type Batches, createBatches } from './batches.js';
import { createTicks } from './ticks.js';
import { type Watching, watchingOf } from './watching.js';

const meaning = (given: Parameters<typeof create<typeof RequestsWatchRequestSchema>>[1] = {}): Watching =>
  watchingOf(create(RequestsWatchRequestSchema, given), 0);
const all = meaning();

/** A feed in which these happen, one transition each, and what watches it. */
async function feedOf(whose: readonly string[]) {
  const clock = new SimulatedClock();
  const store = await createStore(createMemoryPages());
  const feed = openFeed({ store, clock, retention: 1_000_000 });
  for (const [seq, id] of whose.entries())
    await store.write((tx) => feed.note(tx, { at: 0, what: 'request', id: id as RequestId, seq }));
  await clock.turn();
  const counts = { reads: 0, events: 0 };
  const batches = createBatches({
    feed: {
      read(after, limit) {
        counts.reads += 1;
        return feed.read(after, limit);
      },
    },
    events({ n }) {
      counts.events += 1;
      return { message: { feed: BigInt(n) } };
    },
  });
  return { feed, batches, counts };
}

/** The numbers that one hears on the way, as often as they are told. */
function walk(batches: Batches, after: number, upTo: number, onlyLast: boolean): number[] {
  const heard: number[] = [];
  for (let cursor = after; cursor < upTo; ) {
    const batch = batches(cursor, upTo, onlyLast);
    assert.ok(batch.to > cursor && batch.to <= upTo);
    const told = batch.meantFor(all).map(({ feed }) => Number(feed));
    assert.ok(told.length <= 32 && told.every((n) => n > cursor && n <= batch.to));
    heard.push(...told);
    cursor = batch.to;
  }
  return heard;
}

test('all of it is told once and in order, and of the last of each none is left out', async () => {
  const history = fc.record({
    ids: fc.array(fc.nat(99), { maxLength: 700, size: 'max' }),
    requests: fc.constantFrom(8, 100),
    after: fc.nat(100),
    behindEnd: fc.nat(50),
  });
  await fc.assert(
    fc.asyncProperty(history, async ({ ids, requests, after, behindEnd }) => {
      const whose = ids.map((id) => `${id % requests}`);
      const { batches } = await feedOf(whose);
      const upTo = Math.max(0, whose.length - behindEnd);
      const every = whose.map((_, index) => index + 1).filter((n) => n > after && n <= upTo);
      assert.deepEqual(walk(batches, after, upTo, false), every);
      const last = every.filter((n) => !whose.slice(n, upTo).some((each) => each === whose[n - 1]));
      const heard = walk(batches, after, upTo, true);
      assert.deepEqual(
        heard,
        [...new Set(heard)].sort((a, b) => a - b),
      );
      assert.deepEqual(
        last.filter((n) => !heard.includes(n)),
        [],
      );
      assert.ok(heard.length <= requests * Math.ceil(every.length / 200 + 1), `${heard.length} of ${every.length}`);
    }),
    { numRuns: 30 },
  );
});

test('what is told is read and made once for all who stand at one place, and once for each meaning', async () => {
  const { feed, batches, counts } = await feedOf(Array.from({ length: 30 }, (_, index) => `${index}`));
  const told = Array.from({ length: 20 }, () => batches(0, feed.newest, true).meantFor(meaning()));
  assert.equal(new Set(told).size, 1);
  assert.deepEqual(counts, { reads: 1, events: 30 });
  const lanes = [1, 2].map(() => batches(0, feed.newest, true).meantFor(meaning({ kinds: ['lane'] })));
  assert.deepEqual([lanes[0]?.length, lanes[0] === lanes[1], counts.reads], [0, true, 1]);
  const keys = [{}, { kinds: ['lane'] }, { kinds: ['request'] }, { filter: { states: ['held'] } }].map(
    (given) => meaning(given).key,
  );
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(meaning({ filter: { states: ['held'] } }).key, meaning({ filter: { states: ['held'] } }).key);
});

test('waits of the same length end together, and those of nobody end at once', async () => {
  const clock = new SimulatedClock();
  const tick = createTicks(clock);
  const ended: string[] = [];
  const leaving = new AbortController();
  const wait = (name: string, ms: number, signal = new AbortController().signal) =>
    void tick(ms, signal).then(() => ended.push(name));
  wait('first', 250);
  await clock.advance(200);
  wait('second', 250);
  wait('other', 100);
  wait('gone', 250, leaving.signal);
  leaving.abort();
  await clock.advance(49);
  assert.deepEqual(ended, ['gone']);
  await clock.advance(1);
  assert.deepEqual(ended, ['gone', 'first', 'second']);
  await clock.advance(50);
  assert.deepEqual(ended.at(-1), 'other');
  const alone = new AbortController();
  wait('alone', 1_000, alone.signal);
  alone.abort();
  await clock.advance(999);
  wait('last', 1_000);
  await clock.advance(999);
  assert.deepEqual(ended.at(-1), 'alone');
});
