// Real sockets on the one port: both protocols, silence, floods, resets, and the ways to stop.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { createLog } from '../../log.js';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';
import type { Method } from '../grpc/call.js';
import { createGrpcServer } from '../grpc/server.js';
import { protocolOf } from './firstBytes.js';
import { createFront, type Front } from './front.js';
import { createHttp2 } from './http2Sessions.js';

const bytes = (value: Buffer) => value;
const echoPath = '/test.Echo/Say';
const limits = { silenceMs: 10_000, silent: 20, connections: 150, connectionsPerNetwork: 150 };

describe('the front', { timeout: 300_000 }, () => {
  let clock: SimulatedClock;
  let front: Front;
  let client: Client;
  let port: number;
  /** Calls and requests that wait to be answered by a test. */
  let held: (() => void)[];
  let sockets: Socket[];

  beforeEach(async () => {
    clock = new SimulatedClock();
    held = [];
    sockets = [];
    // Kept connections stay for ever here, so that a stop which only waits for them is seen.
    const http = createServer({ keepAliveTimeout: 0 }, (request: IncomingMessage, response: ServerResponse) => {
      if (request.url === '/held') held.push(() => response.end('late'));
      else response.end(`${request.method} ${request.url}`);
    });
    const echo: Method = {
      path: echoPath,
      answer: ({ raw }) =>
        Buffer.from(raw).toString() === 'held'
          ? new Promise((resolve) => held.push(() => resolve(Buffer.from('late'))))
          : raw,
    };
    const grpc = createGrpcServer({ methods: [echo], clock, log: createLog('silent'), limitBytes: 1024 });
    const http2 = createHttp2({ grpc, routes: async () => undefined, clock });
    front = createFront({ http1: http, http2, clock, limits });
    ({ port } = await front.listen({ host: '127.0.0.1', port: 0 }));
    client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  });

  afterEach(async () => {
    client.close();
    for (const socket of sockets) socket.destroy();
    await front.close(0);
  });

  const open = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  const say = (what: string) =>
    new Promise<string>((resolve, reject) => {
      client.makeUnaryRequest(
        echoPath,
        bytes,
        bytes,
        Buffer.from(what),
        (error: ServiceError | null, value?: Buffer) => (error === null ? resolve(String(value)) : reject(error)),
      );
    });
  const fetchPath = async (path: string, agent: false | undefined = false): Promise<string> => {
    const [response] = (await once(get({ port, path, ...(agent === false ? { agent } : {}) }), 'response')) as [
      IncomingMessage,
    ];
    return text(response);
  };
  const heldCount = async (count: number) => {
    while (held.length < count) await new Promise(setImmediate);
  };

  it('serves gRPC and HTTP/1.1 on one port', async () => {
    assert.deepEqual(await Promise.all([say('hello'), fetchPath('/path'), say('again'), fetchPath('/other')]), [
      'hello',
      'GET /path',
      'again',
      'GET /other',
    ]);
  });

  it('waits for as many bytes as it needs to know', async () => {
    const socket = await open();
    for (const piece of ['P', 'R', 'OPFIND /slowly HTTP/1.1\r\nhost: h\r\n', 'connection: close\r\n\r\n']) {
      socket.write(piece);
      await clock.settle();
    }
    assert.match(await text(socket), /PROPFIND \/slowly$/);

    const preface = await open();
    const first = once(preface, 'data');
    for (const byte of 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n') {
      preface.write(byte);
      await clock.settle();
    }
    // An empty SETTINGS frame, as every HTTP/2 client sends one; the server answers with its own.
    preface.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    const [settings] = (await first) as [Buffer];
    assert.equal(settings[3], 4);
  });

  it('closes a connection that says nothing, or not enough, in time', async () => {
    const [silent, vague] = [await open(), await open()];
    vague.write('PRI * HT');
    const closed = Promise.all([once(silent, 'close'), once(vague, 'close')]);
    await clock.advance(9_999);
    assert.equal(silent.destroyed || vague.destroyed, false);
    await clock.advance(1);
    await closed;
    // What remains is the look at sessions, which comes every two seconds.
    assert.equal(clock.nextWakeAt(), clock.now() + 2_000);
  });

  it('serves on while far more connections than allowed say nothing; the oldest of them go', async () => {
    const first = await open();
    const firstClosed = once(first, 'close');
    await Promise.all(Array.from({ length: 100 }, open));
    await firstClosed;
    assert.deepEqual(await Promise.all([say('hello'), fetchPath('/path')]), ['hello', 'GET /path']);
  });

  it('gives no more connections than allowed, and gives them again when they end', async () => {
    const talking: Socket[] = [];
    for (let count = 1; count <= limits.connections; count++) {
      const socket = await open();
      socket.write('GET /held HTTP/1.1\r\nhost: h\r\n\r\n');
      talking.push(socket);
      await heldCount(count);
    }
    const refused = await open();
    refused.write('GET /path HTTP/1.1\r\nhost: h\r\n\r\n');
    await once(refused, 'close');
    assert.equal(refused.bytesRead, 0);
    for (const socket of talking) socket.destroy();
    while ((await fetchPath('/path').catch(() => '')) !== 'GET /path') await new Promise(setImmediate);
  });

  it('does not mind resets, before and after the first bytes', async () => {
    const [early, late] = [await open(), await open()];
    late.write('GET /held HTTP/1.1\r\nhost: h\r\n\r\n');
    await heldCount(1);
    early.resetAndDestroy();
    late.resetAndDestroy();
    held[0]?.();
    assert.equal(await say('hello'), 'hello');
  });

  it('says why it cannot listen', async () => {
    const grpc = createGrpcServer({ methods: [], clock, log: createLog('silent'), limitBytes: 1024 });
    const http2 = createHttp2({ grpc, routes: async () => undefined, clock });
    const second = createFront({ http1: createServer(), http2, clock });
    await assert.rejects(second.listen({ host: '127.0.0.1', port }), { code: 'EADDRINUSE' });
  });

  it('stops: idle connections at once, the others when they have their answer', async () => {
    await say('hello');
    const idle = await open();
    idle.write('GET /idle HTTP/1.1\r\nhost: h\r\n\r\n');
    await once(idle, 'data');
    const idleClosed = once(idle, 'close');
    const [call, request] = [say('held'), fetchPath('/held')];
    await heldCount(2);
    const silentClosed = once(await open(), 'close');

    const closed = front.close(60_000);
    await Promise.all([idleClosed, silentClosed]);
    const late = connect(port, '127.0.0.1');
    await assert.rejects(once(late, 'connect'), { code: 'ECONNREFUSED' });
    for (const answer of held) answer();
    assert.deepEqual(await Promise.all([call, request]), ['late', 'late']);
    await closed;
    // No wake is left behind, and time has not moved: nothing waited for the grace.
    assert.equal(clock.nextWakeAt(), undefined);
  });

  it('stops after the grace, even with clients connected, and answers their calls with a retry', async () => {
    const call = assert.rejects(say('held'), { code: 14, details: /Try again when it is back/ });
    const request = assert.rejects(fetchPath('/held'));
    await heldCount(2);
    const closed = front.close(5_000);
    await clock.advance(5_000);
    await call;
    await clock.advance(1_000);
    await Promise.all([closed, request]);
  });

  it('answers requests in flight on kept connections and closes them while it stops', async () => {
    const socket = await open();
    socket.write('GET /held HTTP/1.1\r\nhost: h\r\n\r\n');
    await heldCount(1);
    const closed = front.close(60_000);
    held[0]?.();
    assert.match(await text(socket), /late/);
    await closed;
  });
});

describe('the first bytes', () => {
  it('are HTTP/2 only when they are its whole preface line', () => {
    const preface = 'PRI * HTTP/2.0\r\n';
    for (let length = 0; length < preface.length; length++) {
      assert.equal(protocolOf(Buffer.from(preface.slice(0, length))), undefined);
      assert.equal(protocolOf(Buffer.from(`${preface.slice(0, length)}~`)), 'http1');
    }
    assert.equal(protocolOf(Buffer.from(`${preface}\r\nSM`)), 'http2');
  });
});
