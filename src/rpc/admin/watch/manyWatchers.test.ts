// Watchers in numbers, on real sockets: those that read nothing while much happens, and two hundred that are all told.
import assert from 'node:assert/strict';
import type { ClientHttp2Stream } from 'node:http2';
import type { NetConnectOpts, Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  Requests,
  RequestsWatchRequestSchema,
  RequestsWatchResponseSchema,
} from '../../../gen/admin/v1/requests_pb.js';
import type { RequestId } from '../../../ids.js';
import { pathOf } from '../../../testkit/service/adminCalls.js';
import { watchEvents, watchGrpc } from '../../../testkit/service/adminWatch.js';
import { startAdmin } from '../../../testkit/service/adminWorld.js';
import { open, session } from '../../../testkit/transport/listenerRig.js';
import { createMemoryPages } from '../../../testkit/world/memoryPages.js';
import { createWorld, type World } from '../../../testkit/world/world.js';
import { framed } from '../../../transport/grpc/message.js';

const prefixBytes = 5;
const perSecond = 500;
const mebibyte = 2 ** 20;

/** What JavaScript holds, after a collection. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // What a first collection has finalized is freed by a second one.
  for (const _ of [1, 2]) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Seconds of a busy service: so many events each, of a request that is there. */
async function passBusy(world: World, id: RequestId, seconds: number): Promise<void> {
  const { store, clock, assembly } = world;
  for (let second = 0; second < seconds; second += 1) {
    await store.write((tx) => {
      for (let n = 0; n < perSecond; n += 1)
        assembly.feed.note(tx, { at: clock.now(), what: 'request', id, seq: n % 2 });
    });
    await clock.advance(1_000);
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  }
}

const headersOf = {
  ':method': 'POST',
  ':path': pathOf(Requests.method.watch as never),
  'content-type': 'application/grpc',
};
const watchAll = framed(toBinary(RequestsWatchRequestSchema, create(RequestsWatchRequestSchema, {})));

/** Asks, and reads nothing. */
async function silentGrpc(t: TestContext, to: NetConnectOpts): Promise<ClientHttp2Stream> {
  const client = session(to);
  t.after(() => client.destroy());
  const stream = client.request(headersOf).on('error', () => undefined);
  stream.end(watchAll);
  await new Promise((resolve) => stream.once('response', resolve));
  return stream;
}

async function silentSse(t: TestContext, to: NetConnectOpts): Promise<Socket> {
  const socket = await open(to);
  t.after(() => socket.destroy());
  socket.write('GET /feed?progress=0 HTTP/1.1\r\nhost: localhost\r\n\r\n');
  return socket;
}

/** Takes whole events from the beginning. Answers their numbers, and how many bytes they were. */
type Parse = (bytes: Buffer) => { readonly numbers: number[]; readonly used: number };

const framesIn: Parse = (bytes) => {
  const numbers: number[] = [];
  let used = 0;
  while (bytes.length >= used + prefixBytes && bytes.length >= used + prefixBytes + bytes.readUInt32BE(used + 1)) {
    const end = used + prefixBytes + bytes.readUInt32BE(used + 1);
    numbers.push(Number(fromBinary(RequestsWatchResponseSchema, bytes.subarray(used + prefixBytes, end)).feed));
    used = end;
  }
  return { numbers, used };
};

const idsIn: Parse = (bytes) => {
  const used = bytes.lastIndexOf('\n\n') + 1;
  const numbers = [...bytes.toString('latin1', 0, used).matchAll(/^id: (\d+)$/gm)].map(([, n]) => Number(n));
  return { numbers, used };
};

/** The numbers that it was told, when it reads after all. */
const numbersUntil = (last: number, told: ClientHttp2Stream | Socket, parse: Parse) =>
  new Promise<number[]>((resolve, reject) => {
    const all: number[] = [];
    let rest = Buffer.alloc(0);
    told.on('close', () => reject(new Error(`it has ended behind number ${all.at(-1)}`)));
    told.on('data', (chunk: Buffer) => {
      const bytes = Buffer.concat([rest, chunk]);
      const { numbers, used } = parse(bytes);
      all.push(...numbers);
      rest = bytes.subarray(used);
      if ((all.at(-1) ?? 0) >= last) resolve(all);
    });
  });

async function start(t: TestContext) {
  const world = await createWorld();
  t.after(() => world.end());
  const { feed } = world.assembly;
  const read = { items: 0 };
  const counted = Object.assign(Object.create(feed) as typeof feed, {
    read(after: number, limit: number) {
      const items = feed.read(after, limit);
      read.items += items.length;
      return items;
    },
  });
  const to = await startAdmin(t, world, { feed: counted });
  const id = await world.submit();
  await world.settle();
  return { world, feed, read, to, id };
}

describe('many watchers', { timeout: 300_000 }, () => {
  it('that read nothing for a minute of 500 events a second cost less than 1 MB each, and miss nothing', async (t) => {
    const { world, feed, read, to, id } = await start(t);
    // What is kept for all watchers, of the last events, is there already.
    await passBusy(world, id, 10);
    const of: [ClientHttp2Stream | Socket, Parse][] = [];
    for (let n = 0; n < 5; n += 1) of.push([await silentGrpc(t, to), framesIn], [await silentSse(t, to), idsIn]);
    const first = feed.newest + 1;
    await passBusy(world, id, 2);
    read.items = 0;
    const before = heldBytes();
    await passBusy(world, id, 60);
    const grown = (heldBytes() - before) / of.length;
    t.diagnostic(`${Math.round(grown / 1024)} KiB and ${read.items / of.length} events each`);
    assert.ok(feed.newest - first > 60 * perSecond);
    assert.ok(grown < mebibyte, `${grown} bytes each`);
    assert.ok(read.items < 100 * of.length, `${read.items} events were read for those who read none`);
    for (const [told, parse] of of.slice(0, 2)) {
      const numbers = await numbersUntil(feed.newest, told, parse);
      // A beat has the number of what came before it.
      const events = numbers.filter((n, index) => n >= first && n !== numbers[index - 1]);
      assert.deepEqual([events[0], events.length], [first, feed.newest - first + 1]);
      assert.ok(events.every((n, index) => n === first + index));
    }
  });

  it('are all told the same, two hundred of them', async (t) => {
    const world = await createWorld({ pages: createMemoryPages() });
    t.after(() => world.end());
    const to = await startAdmin(t, world);
    const watchers = Array.from({ length: 200 }, (_, n) => (n % 2 === 0 ? watchGrpc(to, {}) : watchEvents(to)));
    t.after(() => {
      for (const each of watchers) each.leave();
    });
    for (const each of watchers) await each.until(({ event }) => event.case === 'beat');
    for (const _ of [1, 2, 3]) await world.prove(1_000);
    const { newest } = world.assembly.feed;
    const numbers = new Set<string>();
    for (const each of watchers) {
      await each.until(({ feed }) => Number(feed) >= newest);
      numbers.add(
        each.seen
          .filter(({ event }) => event.case !== 'beat')
          .map(({ feed }) => String(feed))
          .join(),
      );
    }
    const [all, ...others] = numbers;
    assert.deepEqual(others, []);
    assert.equal(all?.split(',').length, 3 * 8);
  });
});
