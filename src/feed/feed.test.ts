// The feed: numbers in the order of what became durable, shown when it is, without a gap or a doubling whatever dies in between.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { RequestId } from '../ids.js';
import type { FeedEntry } from '../store/buckets.js';
import { createStore, type Store } from '../store/environment.js';
import { successOf } from '../testkit/engine/scriptedLanes.js';
import { createMemoryPages, type MemoryPages } from '../testkit/world/memoryPages.js';
import type { MortalStore } from '../testkit/world/mortalStore.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { createWorld, type World } from '../testkit/world/world.js';
import { type Feed, openFeed } from './feed.js';

const clock = new SimulatedClock();
const turn = () => new Promise(setImmediate);
const turns = async (count: number) => {
  for (let left = count; left > 0; left -= 1) await turn();
};
const ample = 1_000_000;
const started = (life: number): FeedEntry => ({ at: 0, what: 'start', life });

async function open(pages: MemoryPages, retention = ample): Promise<{ store: Store; feed: Feed }> {
  const store = await createStore(pages);
  return { store, feed: openFeed({ store, clock, retention }) };
}

const numbers = (feed: Feed, after = 0) => feed.read(after, ample).map(({ n }) => n);

describe('a number of the feed', () => {
  it('is shown when its transaction is on disk, and not before', async () => {
    const gates: (() => void)[] = [];
    let isSlow = false;
    const pages = createMemoryPages({
      flush: () => (isSlow ? new Promise<void>((resolve) => gates.push(resolve)) : Promise.resolve()),
    });
    const { store, feed } = await open(pages);
    isSlow = true;
    const first = store.write((tx) => feed.note(tx, started(1)));
    await turn();
    const second = store.write((tx) => feed.note(tx, started(2)));
    await turn();
    assert.equal(pages.unflushed, 2);
    assert.deepEqual([numbers(feed), feed.newest], [[], 0]);
    let isTold = false;
    const told = feed.untilGrown(0, 1_000, new AbortController().signal).then(() => {
      isTold = true;
    });
    gates.shift()?.();
    await first;
    await told;
    assert.deepEqual([numbers(feed), feed.newest, isTold], [[1], 1, true]);
    gates.shift()?.();
    await second;
    await turn();
    assert.deepEqual(numbers(feed, 1), [2]);
  });

  it('is shown for no work that throws, and for no group that finds no room', async () => {
    let isFull = false;
    const reserve = () => {
      if (isFull) throw new Error('No space left');
    };
    const { store, feed } = await open(createMemoryPages({ reserve }));
    await store.write((tx) => feed.note(tx, started(1)));
    const failing = store.write((tx) => {
      feed.note(tx, started(2));
      throw new Error('it does not come to that');
    });
    const beside = store.write((tx) => feed.note(tx, started(3)));
    await assert.rejects(failing);
    await beside;
    isFull = true;
    await assert.rejects(store.write((tx) => feed.note(tx, started(4))));
    isFull = false;
    await store.write((tx) => feed.note(tx, started(5)));
    await turn();
    const lives = feed.read(0, ample).map(({ n, entry }) => [n, entry.what === 'start' && entry.life]);
    assert.deepEqual(lives, [
      [1, 1],
      [3, 3],
      [5, 5],
    ]);
  });

  it('goes on in the next life, and is never given again when all that had one is trimmed', async () => {
    const pages = createMemoryPages();
    const { store, feed } = await open(pages, 1);
    for (const life of [1, 2, 3]) await store.write((tx) => feed.note(tx, started(life)));
    await turn();
    await feed.trim();
    assert.deepEqual([numbers(feed), feed.oldest], [[3], 3]);
    const next = await open(createMemoryPages({ from: pages.crash() }));
    assert.deepEqual([next.feed.oldest, next.feed.newest], [3, 3]);
    await next.store.write((tx) => next.feed.note(tx, started(4)));
    await turn();
    assert.deepEqual(numbers(next.feed), [3, 4]);
  });
});

describe('the retention of the feed', () => {
  it('bounds what is kept, in slices, and says what is gone before it goes', async () => {
    const { store, feed } = await open(createMemoryPages(), 100);
    await Promise.all(Array.from({ length: 2_345 }, (_, n) => store.write((tx) => feed.note(tx, started(n)))));
    await turn();
    assert.equal(numbers(feed).length, 2_345);
    const trimmed = feed.trim();
    assert.equal(feed.oldest, 1_001);
    await trimmed;
    assert.deepEqual([feed.oldest, feed.newest, numbers(feed).length], [2_246, 2_345, 100]);
    await feed.trim();
    assert.equal(numbers(feed).length, 100);
  });

  it('is kept by the housekeeping of a service', async (t) => {
    const world = await createWorld({ pages: createMemoryPages(), feedRetention: 3 });
    t.after(() => world.end());
    const { feed, restore } = world.assembly;
    await world.prove(1_000);
    assert.ok(feed.newest > 3);
    await restore();
    assert.deepEqual([feed.oldest, feed.read(0, ample).length], [feed.newest - 2, 3]);
  });
});

/** Follows a feed by a cursor, a few entries at a time. */
class Watcher {
  cursor = 0;
  readonly seen: { readonly n: number; readonly entry: FeedEntry }[] = [];

  async watch(feed: Feed, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await feed.untilGrown(this.cursor, 1_000_000, signal);
      if (!signal.aborted) this.pull(feed);
      await turn();
    }
  }

  pull(feed: Feed): void {
    for (const item of feed.read(this.cursor, 5)) {
      this.seen.push(item);
      this.cursor = item.n;
    }
  }
}

const deedKinds = ['submit', 'grant', 'answer', 'cancel'] as const;

interface Deed {
  readonly kind: (typeof deedKinds)[number];
  /** Of several that it could be about. */
  readonly which: number;
  /** Turns of the loop after it. */
  readonly turns: number;
}

/** What befalls a service between two kills. */
const lifeOf = fc.record({
  deeds: fc.array(
    fc.record({
      kind: fc.constantFrom(...deedKinds),
      which: fc.nat(5),
      turns: fc.integer({ min: 0, max: 2 }),
    }),
    { maxLength: 16 },
  ),
  kept: fc.integer({ min: 0, max: 3 }),
});

describe('a watcher', { timeout: 300_000 }, () => {
  it('sees the transitions of all requests in the order in which they became durable', async (t) => {
    const gates: (() => void)[] = [];
    let isSlow = false;
    const openGates = () => {
      isSlow = false;
      for (const open of gates.splice(0)) open();
    };
    const world = await createWorld({
      pages: createMemoryPages({
        flush: () => (isSlow ? new Promise<void>((resolve) => gates.push(resolve)) : Promise.resolve()),
      }),
    });
    t.after(() => {
      openGates();
      return world.end();
    });
    const first = await world.submit();
    const second = await world.submit();
    await world.settle();
    const { feed } = world.assembly;
    const watcher = new Watcher();
    const step = async () => {
      await turns(5);
      gates.shift()?.();
      await turns(5);
      while (watcher.cursor < feed.newest) watcher.pull(feed);
    };
    isSlow = true;
    world.lanes.waiting.find(({ job }) => job.requestId === first)?.grant();
    await turns(5);
    // Decided before the other one's, and written after it: the first write of this request is under way still.
    const ends = [first, second].map((id) => world.system.registry.cancel(id));
    for (let flushes = 0; flushes < 5; flushes += 1) await step();
    openGates();
    await Promise.all(ends);
    await step();
    assertWhole(watcher, world);
    const transitions = watcher.seen.flatMap(({ entry }) => (entry.what === 'request' ? [[entry.id, entry.seq]] : []));
    assert.deepEqual(transitions.slice(-3), [
      [first, 2],
      [second, 2],
      [first, 3],
    ]);
  });

  it('sees each transition once and in order, over 100 kills between decision and flush', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(lifeOf, { minLength: 20, maxLength: 20 }), async (lives) => {
        const watcher = new Watcher();
        let pages = slowPages();
        for (const { deeds, kept } of lives) {
          const world = await createWorld({ pages });
          const over = new AbortController();
          const watching = watcher.watch(world.assembly.feed, over.signal);
          for (const deed of deeds) {
            act(world, deed);
            await turns(deed.turns);
          }
          over.abort();
          const found = pages.crash(kept);
          (world.store as MortalStore).die();
          await watching;
          await world.artifacts.close();
          pages = slowPages(found);
        }
        const world = await createWorld({ pages });
        await world.settle();
        while (watcher.cursor < world.assembly.feed.newest) watcher.pull(world.assembly.feed);
        assertWhole(watcher, world);
        await world.end();
      }),
      { numRuns: 5, endOnFailure: true },
    );
  });
});

/** Each flush takes a turn of the loop. */
const slowPages = (from?: ReturnType<MemoryPages['crash']>): MemoryPages =>
  createMemoryPages({ ...(from && { from }), flush: () => turn() as Promise<void> });

/** Not awaited: the kill comes while it is under way. */
function act({ system, store, lanes, submit }: World, { kind, which }: Deed): void {
  const ignore = () => undefined;
  if (kind === 'submit') void submit().catch(ignore);
  else if (kind === 'cancel') {
    const open = [...store.scan('openRequests', [])];
    const id = open[which % open.length]?.key[0];
    if (id !== undefined) void system.registry.cancel(id).catch(ignore);
  } else {
    const job = lanes.waiting[which % lanes.waiting.length];
    if (kind === 'grant') job?.grant();
    else job?.answer(successOf(job.job));
  }
}

function assertWhole(watcher: Watcher, world: World): void {
  const { seen } = watcher;
  assert.deepEqual(
    seen.map(({ n }) => n),
    [...new Set(seen.map(({ n }) => n))].sort((a, b) => a - b),
  );
  const transitions = new Map<RequestId, number[]>();
  const lives: number[] = [];
  for (const { entry } of seen) {
    if (entry.what === 'start') lives.push(entry.life);
    if (entry.what === 'request') transitions.set(entry.id, [...(transitions.get(entry.id) ?? []), entry.seq]);
  }
  assert.deepEqual(
    lives,
    lives.map((_, index) => index + 1),
  );
  const states: Record<string, number> = {};
  for (const { key } of world.store.scan('snapshots', [])) {
    const journal = world.journal(key[0]);
    assert.deepEqual(
      transitions.get(key[0]),
      journal.map((_, seq) => seq),
    );
    const state = journal.at(-1)?.to.split('.')[0] ?? '';
    if (world.store.get('openRequests', key[0])) states[state] = (states[state] ?? 0) + 1;
    transitions.delete(key[0]);
  }
  assert.equal(transitions.size, 0);
  assert.deepEqual(world.system.counts().open, states);
}
