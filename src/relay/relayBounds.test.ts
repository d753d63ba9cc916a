// What a relay refuses, gives up and holds back, and that a client which leaves takes its upstream's work with it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { freePort } from '../testkit/freePort.js';
import { endHeaders, errorCode, frame, frameType, headerBlock } from '../testkit/relay/rawHttp2.js';
import { startHttp1, startHttp2, startRaw, startRelay } from '../testkit/relay/relayRig.js';
import { called, heard, open, said, session } from '../testkit/transport/listenerRig.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';

const grpc = { ':method': 'POST', ':path': '/a.B/C', 'content-type': 'application/grpc' };

describe('what a client asserts', () => {
  it('T36: is dropped from its requests, in both protocols', async (t) => {
    const by1 = await startHttp1(t, (asked, answer) => answer.end(JSON.stringify(asked.headers)));
    const by2 = await startHttp2(t, (stream, headers) => {
      stream.respond({ ':status': 200 });
      stream.end(JSON.stringify(headers));
    });
    const forged = {
      'attestation-report': 'x',
      'attestation-binding': 'x',
      'attestation-nonce': 'ab'.repeat(32),
      attestation_report: 'x',
      'x-flashbots-workload-id': 'x',
    };
    const lines = Object.entries({ ...forged, kept: '1', connection: 'close, x-hop', 'x-hop': '1', te: 'trailers' });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const over1 = await said((await startRelay(t, by1)).to, `GET / HTTP/1.1\r\nhost: name.example\r\n${head}\r\n`);
    const seen1 = JSON.parse(over1.split('\r\n\r\n')[1] ?? '');
    assert.deepEqual(seen1, { host: 'name.example', kept: '1', via: '1.1 relay-under-test', connection: 'keep-alive' });
    const over2 = await heard((await startRelay(t, by2)).to, { ':path': '/', ...forged, kept: '1' });
    const seen2 = Object.keys(JSON.parse(over2.body.toString()));
    assert.deepEqual(seen2.sort(), [':authority', ':method', ':path', ':scheme', 'kept', 'via']);
  });
});

describe('a client that leaves', () => {
  it('T41: ends its stream to an upstream of HTTP/2', async (t) => {
    const port = await startHttp2(t, (stream) => void stream.respond({ ':status': 200 }));
    const { to } = await startRelay(t, port);
    const own = session(to);
    const stream = own.request(grpc).on('error', () => undefined);
    await once(stream, 'response');
    own.destroy();
    await once(stream, 'close');
  });

  it('T41: before its answer has begun, too', async (t) => {
    const [there, arrived] = gate<ServerHttp2Stream>();
    const port = await startHttp2(t, (stream) => arrived(stream));
    const { to } = await startRelay(t, port);
    const own = session(to);
    const stream = own.request(grpc).on('error', () => undefined);
    stream.write('some');
    const upstream = await there;
    own.destroy();
    await brokenOff(upstream);
  });

  it('T41: ends its connection to an upstream of HTTP/1.1', async (t) => {
    const [there, arrived] = gate<Socket>();
    const port = await startRaw(t, (socket) => arrived(socket));
    const { to } = await startRelay(t, port);
    const client = await open(to);
    client.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    const upstream = await there;
    client.destroy();
    await once(upstream.resume(), 'close');
  });
});

describe('a client whose body breaks off', () => {
  for (const [what, code] of [
    ['without an error', 0],
    ['as given up', 8],
    ['as its own fault', 2],
  ] as const)
    it(`${what}: its upstream never takes it for whole`, async (t) => {
      const [there, arrived] = gate<ServerHttp2Stream>();
      const port = await startHttp2(t, arrived);
      const { to } = await startRelay(t, port);
      const client = await open(to);
      client.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
      client.write(frame(frameType.settings, 0, 0));
      // POST, http, a path, and the type of a call.
      const head = Buffer.concat([
        Buffer.of(0x83, 0x86),
        headerBlock({ ':path': '/a.B/C', ':authority': 'a', 'content-type': 'application/grpc' }, false),
      ]);
      client.write(frame(frameType.headers, endHeaders, 1, head));
      client.write(frame(frameType.data, 0, 1, Buffer.from('shorter')));
      const upstream = await there;
      await once(upstream, 'readable');
      client.write(frame(frameType.rstStream, 0, 1, errorCode(code)));
      await brokenOff(upstream);
      client.destroy();
    });

  it('by HTTP/1.1: its upstream never takes it for whole', async (t) => {
    const [there, arrived] = gate<IncomingMessage>();
    const port = await startHttp1(t, arrived);
    const { to } = await startRelay(t, port);
    const client = await open(to);
    client.write('PUT / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n7\r\nshorter\r\n');
    const upstream = await there;
    await once(upstream, 'readable');
    client.destroy();
    await once(upstream.resume(), 'error');
    assert.equal(upstream.complete, false);
  });
});

describe('bounds of a relay', () => {
  it('refuses a body beyond its limit: at once by its length, or where it has passed it', async (t) => {
    const [there, arrived] = gate<ServerHttp2Stream>();
    const port = await startHttp2(t, arrived);
    const { to } = await startRelay(t, port, { bodyLimitBytes: 1_000 });
    const own = session(to);
    const stream = own.request(grpc);
    stream.write(Buffer.alloc(1_000));
    const off = brokenOff(await there);
    stream.write(Buffer.alloc(1));
    const [head] = await once(stream, 'response');
    assert.equal(head[':status'], 200);
    assert.equal(head['grpc-status'], '8');
    assert.match(`${head['grpc-message']}`, /more than the 1000 bytes/);
    await off;
    own.destroy();
    const long = await said(
      to,
      `PUT / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 1001\r\n\r\n${'0'.repeat(1001)}`,
    );
    assert.match(long, /^HTTP\/1\.1 413 /);
  });

  it('refuses a request that has been here before, with a status that is not tried again', async (t) => {
    const port = await startHttp1(t, (_, answer) => answer.end());
    const { to } = await startRelay(t, port);
    const via = { via: '1.1 other, 1.1 relay-under-test' };
    assert.equal((await called(to, '/a.B/C', via)).head['grpc-status'], '8');
    assert.equal((await heard(to, { ':path': '/', ...via })).head[':status'], 508);
    assert.equal((await heard(to, { ':path': '/', via: '1.1 relay-under' })).head[':status'], 200);
  });

  it('ends an exchange at its deadline, and a call at its own time limit', async (t) => {
    const clock = new SimulatedClock();
    const arrived: ServerHttp2Stream[] = [];
    const [both, done] = gate<void>();
    const port = await startHttp2(t, (stream) => {
      if (arrived.push(stream) === 2) done();
    });
    const { to } = await startRelay(t, port, { clock, deadlineMs: 60_000 });
    const calls = [called(to, '/a.B/C'), called(to, '/a.B/C', { 'grpc-timeout': '5S' })];
    await both;
    await clock.advance(5_000);
    assert.equal((await calls[1])?.head['grpc-status'], '4');
    await clock.advance(55_000);
    assert.equal((await calls[0])?.head['grpc-status'], '14');
    for (const stream of arrived) if (!stream.closed) await once(stream, 'close');
  });

  it('T40: waits for an answer for hours', async (t) => {
    const clock = new SimulatedClock();
    const [there, arrived] = gate<ServerHttp2Stream>();
    const port = await startHttp2(t, arrived);
    const { to } = await startRelay(t, port, { clock });
    const call = called(to, '/a.B/C');
    const stream = await there;
    await clock.advance(23 * 3_600_000);
    stream.respond({ ':status': 200, 'grpc-status': '0' }, { endStream: true });
    assert.equal((await call).head['grpc-status'], '0');
  });

  it('takes no more exchanges at once than it may', async (t) => {
    const [there, arrived] = gate<ServerHttp2Stream>();
    const port = await startHttp2(t, arrived);
    const { to } = await startRelay(t, port, { most: 1 });
    const first = called(to, '/a.B/C');
    const stream = await there;
    assert.equal((await called(to, '/a.B/C')).head['grpc-status'], '14');
    stream.respond({ ':status': 200, 'grpc-status': '0' }, { endStream: true });
    assert.equal((await first).head['grpc-status'], '0');
  });

  it('ends what is under way when it stops, calls with a status', async (t) => {
    const [there, arrived] = gate<ServerHttp2Stream>();
    const port = await startHttp2(t, (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
      arrived(stream);
    });
    const { to, relay } = await startRelay(t, port);
    const own = session(to);
    const stream = own.request(grpc);
    await once(stream, 'response');
    await there;
    relay.endCalls();
    const [trailers] = await once(stream.resume(), 'trailers');
    assert.equal(trailers['grpc-status'], '14');
    own.destroy();
  });

  it('holds a body back when nobody takes it', async (t) => {
    const [there, arrived] = gate<ServerHttp2Stream>();
    const port = await startHttp2(t, arrived);
    const { to } = await startRelay(t, port);
    const own = session(to);
    const stream = own.request(grpc);
    const block = Buffer.alloc(256 * 1024, 1);
    let sent = 0;
    const write = () => {
      while (sent < 64) {
        sent += 1;
        if (!stream.write(block)) return;
      }
    };
    stream.on('drain', write);
    write();
    const upstream = await there;
    await settled(() => sent);
    assert.ok(sent < 64, `${sent} blocks of 256 KiB went out to an upstream that reads none`);
    let bytes = 0;
    upstream.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (bytes === 64 * block.byteLength)
        upstream.respond({ ':status': 200, 'grpc-status': '0' }, { endStream: true });
    });
    const [head] = await once(stream, 'response');
    assert.equal(head['grpc-status'], '0');
    own.destroy();
  });
});

describe('connections to the upstream', () => {
  it('are tried again while nothing listens, before a byte of the body has gone out', async (t) => {
    const clock = new SimulatedClock();
    const port = await freePort();
    const { to } = await startRelay(t, port, { clock });
    const call = called(to, '/a.B/C');
    const refusal = said(to, 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    await passing(clock, Promise.all([call, refusal]));
    assert.equal((await call).head['grpc-status'], '14');
    assert.match(`${(await call).head['grpc-message']}`, /nothing listens there/);
    assert.match(await refusal, /^HTTP\/1\.1 504 [\s\S]*UPSTREAM_UNREACHABLE/);
  });

  it('are used again, and a request without a body is sent again where an idle one was just closed', async (t) => {
    let connections = 0;
    const port = await startRaw(t, (socket) => {
      connections += 1;
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      socket.on('data', () => socket.destroy());
    });
    const { to } = await startRelay(t, port);
    for (const _ of [1, 2, 3])
      assert.match(await said(to, 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'), /ok$/);
    assert.equal(connections, 3);
    const asking = request({ ...(to as { host: string; port: number }), method: 'POST' });
    asking.end('body');
    const [answer] = await once(asking, 'response');
    assert.match(await text(answer), /UPSTREAM_BROKEN/);
  });
});

/** Resolves when the stream has ended, and its body never came to an end. */
async function brokenOff(stream: ServerHttp2Stream): Promise<void> {
  stream.once('end', () => assert.fail('a body that was cut looks whole')).resume();
  await new Promise((resolve) => stream.once('close', resolve));
  assert.notEqual(stream.rstCode, 0);
}

/** A promise, and what resolves it. */
function gate<T>(): [Promise<T>, (value: T) => void] {
  const { promise, resolve } = Promise.withResolvers<T>();
  return [promise, resolve];
}

/** Lets time pass until this is settled. */
async function passing(clock: SimulatedClock, until: Promise<unknown>): Promise<void> {
  let isOver = false;
  void until.finally(() => {
    isOver = true;
  });
  while (!isOver) await clock.advance(100);
}

/** Resolves when the count has not changed for a number of turns of the loop. */
async function settled(count: () => number): Promise<void> {
  let last = count();
  for (let still = 0; still < 200; still += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (count() === last) continue;
    last = count();
    still = 0;
  }
}
