// Watching: both transports tell the same, a cursor goes on exactly where it was, and a watcher that does not read costs nobody anything.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { RequestsWatchRequestSchema } from '../../../gen/admin/v1/requests_pb.js';
import type { Address, LaneId } from '../../../ids.js';
import type { LaneReport } from '../../../lanes/scheduling.js';
import { type Watched, watchEvents, watchGrpc } from '../../../testkit/service/adminWatch.js';
import { startAdmin } from '../../../testkit/service/adminWorld.js';
import { createMemoryPages } from '../../../testkit/world/memoryPages.js';
import { createWorld, type World } from '../../../testkit/world/world.js';
import type { AdminDependencies } from '../dependencies.js';
import { createBatches } from './batches.js';
import { createEvents, type EventMessage } from './events.js';
import { follow } from './follow.js';
import { createTicks } from './ticks.js';
import { createWatchers } from './watchers.js';
import { watchingOf } from './watching.js';

const other = '12'.repeat(20) as Address;
const isBeat = ({ event }: Watched['seen'][number]) => event.case === 'beat';

async function start(
  t: TestContext,
  options: Parameters<typeof createWorld>[0] = {},
  changes: Partial<AdminDependencies> = {},
) {
  const world = await createWorld({ pages: createMemoryPages(), ...options });
  const watching = new Set<Watched>();
  t.after(async () => {
    for (const each of watching) each.leave();
    await world.end();
  });
  const to = await startAdmin(t, world, changes);
  const kept = (watched: Watched) => {
    watching.add(watched);
    return watched;
  };
  return {
    world,
    byGrpc: (given: Parameters<typeof watchGrpc>[1] = {}) => kept(watchGrpc(to, given)),
    bySse: (query = '', headers = {}) => kept(watchEvents(to, query, headers)),
  };
}

/** Resolves when the watcher has seen all that there is. */
const untilLevel = (watched: Watched, world: World) =>
  watched.until(({ feed }) => Number(feed) >= world.assembly.feed.newest);

/** Lets so much time pass again and again until it is so: what has been told is on its way through a socket. */
async function passing(world: World, ms: number, isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    await world.clock.advance(ms);
    await new Promise(setImmediate);
  }
}

const pathOfProof = [
  '>requested',
  'requested>executing.waiting',
  'executing.waiting>executing.running',
  'executing.running>proving.waiting',
  'proving.waiting>proving.running',
  'proving.running>verifying.waiting',
  'verifying.waiting>verifying.running',
  'verifying.running>fulfilled',
];

describe('a watcher', { timeout: 300_000 }, () => {
  it('is told the same by gRPC and by server-sent events', async (t) => {
    const { world, byGrpc, bySse } = await start(t);
    const watchers = [byGrpc(), bySse()];
    for (const each of watchers) await each.until(isBeat);
    await world.prove(1_000);
    for (const each of watchers) await untilLevel(each, world);
    const [grpc, sse] = watchers;
    assert.deepEqual(
      grpc?.told.filter((line) => line !== 'beat').map((line) => line.split(':')[1]),
      pathOfProof,
    );
    assert.deepEqual(sse?.seen, grpc?.seen);
  });

  it('goes on behind its number, and begins with what happens next without one', async (t) => {
    const { world, byGrpc, bySse } = await start(t);
    await world.prove(1_000);
    const all = byGrpc({ afterFeed: 1n });
    await untilLevel(all, world);
    await all.until(isBeat);
    assert.equal(all.told.length, pathOfProof.length + 1);
    for (const { feed } of all.seen) {
      const rest = bySse('', { 'last-event-id': String(feed) });
      await rest.until(isBeat);
      assert.deepEqual(rest.told, [
        ...all.told.slice(all.seen.findIndex((each) => each.feed === feed) + 1, -1),
        'beat',
      ]);
      rest.leave();
    }
    const fromNow = bySse('?after=0');
    await fromNow.until(isBeat);
    assert.deepEqual([fromNow.told, fromNow.cursor], [['beat'], BigInt(world.assembly.feed.newest)]);
  });

  it('is told the same of what lies in memory and of what only the disk has', async (t) => {
    const { world, bySse } = await start(t);
    await world.prove(1_000);
    const recent = bySse('?after=1');
    await untilLevel(recent, world);
    const reborn = await world.reborn();
    t.after(() => reborn.end());
    const of = await startAdmin(t, reborn);
    const old = watchEvents(of, '?after=1', {});
    t.after(() => old.leave());
    await untilLevel(old, reborn);
    const requests = (watched: Watched) => watched.seen.filter(({ event }) => event.case === 'request');
    assert.equal(requests(recent).length, pathOfProof.length);
    assert.deepEqual(requests(old), requests(recent));
  });

  it('is sent to what is kept when it has fallen behind that', async (t) => {
    const { world, byGrpc } = await start(t, { feedRetention: 4 });
    await world.prove(1_000);
    const { feed } = world.assembly;
    await feed.trim();
    const watched = byGrpc({ afterFeed: 1n });
    await watched.until(isBeat);
    assert.deepEqual(watched.told, ['reset', 'beat']);
    const [reset] = watched.seen;
    assert.deepEqual(reset?.event.value, {
      $typeName: 'sealed.admin.v1.Reset',
      oldest: BigInt(feed.newest - 3),
      newest: BigInt(feed.newest),
    });
    const near = byGrpc({ afterFeed: BigInt(feed.oldest - 1) });
    await near.until(isBeat);
    assert.equal(near.told.length, 5);
  });

  it('is told of the requests that it means, also when they leave the state that it means', async (t) => {
    const { world, byGrpc, bySse } = await start(t);
    await world.submit({ requester: other }).catch(() => undefined);
    const mine = byGrpc({ filter: { states: ['proving'] } });
    const nobodys = bySse(`?filter=${encodeURIComponent(JSON.stringify({ modes: ['groth16'] }))}`);
    for (const each of [mine, nobodys]) await each.until(isBeat);
    await world.prove(1_000);
    await mine.until(({ event }) => event.case === 'request' && event.value.entry?.to === 'verifying.waiting');
    await passing(world, 15_000, () => Number(nobodys.cursor) >= world.assembly.feed.newest);
    assert.deepEqual(
      mine.told.filter((line) => line !== 'beat').map((line) => line.split(':')[1]),
      pathOfProof.slice(3, 6),
    );
    assert.deepEqual([...new Set(nobodys.told)], ['beat']);
  });

  it('is told only the last of each request in the time that it names', async (t) => {
    const { world, bySse } = await start(t);
    const watched = bySse('?coalesce_ms=250');
    await watched.until(isBeat);
    await world.prove(1);
    const id = await world.submit();
    await world.settle();
    await passing(world, 250, () => Number(watched.cursor) >= world.assembly.feed.newest);
    const told = watched.told.filter((line) => line !== 'beat');
    assert.ok(told.length < pathOfProof.length + 2, told.join());
    assert.equal(told.at(-1), `${id.slice(-6)}:requested>executing.waiting`);
    assert.ok(told.some((line) => line.endsWith('>fulfilled')));
  });

  it('is told how far a request is, when that has changed and at most once a second', async (t) => {
    const { world, byGrpc } = await start(t);
    const id = await world.submit();
    await world.settle();
    const report = (done: number): LaneReport => ({
      id: 'gpu-0' as LaneId,
      kind: 'gpu',
      stage: 'prove',
      state: 'busy',
      modes: [],
      warm: true,
      crashes: 0,
      serves: [],
      forMs: 0,
      crashesInWindow: 0,
      resumesInMs: undefined,
      lastFailure: null,
      current: { requestId: id, forMs: 0, progress: { stage: 'proving', done, total: 9, cycles: 0 }, missingBytes: 0 },
      programs: [],
    });
    world.lanes.reports = [report(1)];
    const watched = byGrpc({ progress: true });
    const silent = byGrpc();
    await silent.until(isBeat);
    const until = (done: number) =>
      watched.until(({ event }) => event.case === 'progress' && event.value.progress?.done === done);
    await until(1);
    world.lanes.reports = [report(2)];
    await passing(world, 1_000, () => watched.told.filter((line) => line === 'progress').length >= 2);
    await until(2);
    assert.equal(watched.told.filter((line) => line !== 'beat').length, 2);
    assert.ok(watched.seen.every(({ event, feed }) => event.case !== 'progress' || feed === 0n));
    assert.deepEqual(silent.told, ['beat']);
  });

  it('hears a beat in every 15 s in which nothing happens', async (t) => {
    const { world, byGrpc } = await start(t);
    const watched = byGrpc();
    await watched.until(isBeat);
    await passing(world, 15_000, () => watched.seen.length >= 3);
    assert.deepEqual([...new Set(watched.told)], ['beat']);
  });

  it('is shown nothing that is a right to bytes', async (t) => {
    const { world, byGrpc } = await start(t);
    await world.prove(1_000);
    const watched = byGrpc({ afterFeed: 1n });
    await watched.until(isBeat);
    const shown = watched.seen.map(({ event }) =>
      JSON.stringify(event.value, (_, value) => (typeof value === 'bigint' ? `${value}` : (value as unknown))),
    );
    for (const view of world.seen) {
      assert.ok(!shown.join().includes(view.request.stdin.id));
      if (view.state === 'fulfilled') assert.ok(!shown.join().includes(view.proof.id));
    }
  });
});

describe('bad watchers', { timeout: 300_000 }, () => {
  it('have their own sentence, and see no event', async (t) => {
    const { world, byGrpc, bySse } = await start(t);
    const { newest } = world.assembly.feed;
    const cases: [Parameters<typeof byGrpc>[0], string, RegExp][] = [
      [{ afterFeed: BigInt(newest + 1) }, `?after=${newest + 1}`, /not come to number \d+ yet: its last is \d+/],
      [{ afterFeed: 2n ** 64n - 1n }, '?after=999999999999999', /not come to number \d+ yet/],
      [{ coalesceMs: 2_001 }, '?coalesce_ms=2001', /coalesce_ms is not understood: it is at most 2000/],
      [{ filter: { states: ['asleep'] } }, '?filter={"states":["asleep"]}', /"asleep\\?" is none of them/],
      [{ filter: { needsYou: true } }, '?filter={"needsYou":true}', /needs_you .* that changes without an event/],
      [
        { filter: { waitingLongerThan: durationFromMs(1_000) } },
        '?filter={"waitingLongerThan":"1s"}',
        /waiting_longer_than .* time passes without an event/,
      ],
      [{ filter: { reasons: ['RUNNING'] } }, '?filter={"reasons":["RUNNING"]}', /reasons change without an event/],
    ];
    for (const [given, query, sentence] of cases) {
      const grpc = await byGrpc(given).ended;
      assert.match(grpc, /^3 /);
      assert.match(grpc, sentence);
      const sse = await bySse(query.replaceAll('"', '%22')).ended;
      assert.match(sse, /^400 /);
      assert.match(sse, sentence);
    }
    for (const query of ['?after=-1', '?after=one', '?filter=%7B', '?filter=%7B%22surprise%22%3A1%7D'])
      assert.match(await bySse(query).ended, /^400 .*NOT_UNDERSTOOD/, query);
  });

  it('are no more than so many at once', async (t) => {
    const watchers = createWatchers(1);
    const { byGrpc, bySse } = await start(t, {}, { watchers });
    const first = byGrpc();
    await first.until(isBeat);
    assert.match(await byGrpc().ended, /^8 1 watchers follow the feed already/);
    assert.match(await bySse().ended, /^429 .*WATCHERS_FULL/);
    first.leave();
    await first.ended;
    while (watchers.count > 0) await new Promise(setImmediate);
    const next = bySse();
    await next.until(isBeat);
  });

  it('that read nothing are read nothing for, and keep no other from being told', async (t) => {
    const { world } = await start(t);
    const { feed } = world.assembly;
    const reads: number[] = [];
    const counted = {
      ...world.system,
      audit: world.assembly.audit,
      orders: world.assembly.orders,
      clock: world.clock,
      network: undefined,
      signers: undefined,
      scheduling: world.lanes,
      feed: {
        newest: 0,
        oldest: 0,
        read: (after: number, limit: number) => {
          const items = feed.read(after, limit);
          reads.push(items.length);
          return items;
        },
        untilGrown: feed.untilGrown,
      },
    };
    Object.defineProperty(counted.feed, 'newest', { get: () => feed.newest });
    Object.defineProperty(counted.feed, 'oldest', { get: () => feed.oldest });
    const over = new AbortController();
    const watching = watchingOf(create(RequestsWatchRequestSchema, {}), feed.newest);
    const silent = follow(
      {
        ...counted,
        batches: createBatches({ ...counted, events: createEvents(counted) }),
        ticks: createTicks(world.clock),
      },
      watching,
      over.signal,
    );
    const next = async () => (await silent.next()).value?.map((message: EventMessage) => message.event?.case) ?? [];
    assert.deepEqual(await next(), ['beat']);
    reads.length = 0;
    await Promise.all(Array.from({ length: 60 }, () => world.submit()));
    await world.settle();
    assert.equal(reads.length, 0);
    const told = await next();
    await world.settle();
    // One look of it, and no other.
    assert.deepEqual(reads, [told.length]);
    assert.deepEqual([...new Set(told)], ['request']);
    over.abort();
    await silent.return(undefined);
  });

  it('are left out by a socket that closes: those of gRPC are told so, and the answer of the others ends', async (t) => {
    const watchers = createWatchers();
    const { byGrpc, bySse } = await start(t, {}, { watchers });
    const [grpc, sse] = [byGrpc(), bySse()];
    for (const each of [grpc, sse]) await each.until(isBeat);
    watchers.close();
    assert.match(await grpc.ended, /^14 /);
    assert.match(await sse.ended, /^200 $/);
    assert.equal(watchers.count, 0);
  });
});
