// Connections that break HTTP/2 in every way that Node does not end them for by itself: each is closed, and those that keep to it stay.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createLog } from '../../log.js';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';
import { createGrpcServer } from '../grpc/server.js';
import { createHttp2, type Http2 } from './http2Sessions.js';

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const goaway = 7;

function frame(type: number, flags: number, stream: number, body: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.byteLength, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}
const settings = frame(4, 0, 0, Buffer.alloc(0));
const headersFrame = (stream: number) => frame(1, 5, stream, Buffer.from([0x82, 0x84, 0x86]));

const violations: Record<string, Buffer> = {
  'settings of a wrong length': frame(4, 0, 0, Buffer.alloc(5)),
  'data of no stream': frame(0, 0, 0, Buffer.alloc(5)),
  'data of a stream that has not begun': frame(0, 0, 1, Buffer.alloc(5)),
  'headers that cannot be unpacked': frame(1, 4, 1, Buffer.alloc(50, 0xff)),
  'a frame that is too large': frame(0, 0, 1, Buffer.alloc(20_000)),
  'a ping of a wrong length': frame(6, 0, 0, Buffer.alloc(5)),
  'the continuation of nothing': frame(9, 4, 1, Buffer.alloc(8)),
  'a promise': frame(5, 4, 1, Buffer.alloc(5)),
  'an even stream': headersFrame(2),
  'a window of nothing': frame(8, 0, 0, Buffer.alloc(4)),
  'bytes that are no frames': Buffer.alloc(100, 'garbage'),
};

describe('an HTTP/2 connection', { timeout: 300_000 }, () => {
  let clock: SimulatedClock;
  let http2: Http2;
  let net: Server;
  let port: number;
  let stopWatching: () => void;
  let accepted: Socket[];

  beforeEach(async () => {
    clock = new SimulatedClock();
    accepted = [];
    const grpc = createGrpcServer({ methods: [], clock, log: createLog('silent'), limitBytes: 100 });
    // Requests stay open.
    http2 = createHttp2({ grpc, routes: () => new Promise(() => undefined), clock });
    net = createServer((socket) => {
      accepted.push(socket.on('error', () => undefined));
      const peer = { address: '10.0.0.1', port: socket.remotePort ?? 0, certificate: undefined };
      http2.accept(socket, { peer, isEncrypted: false, local: { address: '10.0.0.2', port: 9 } });
    }).listen(0, '127.0.0.1');
    await once(net, 'listening');
    port = (net.address() as { port: number }).port;
    stopWatching = http2.watch();
  });
  afterEach(() => {
    stopWatching();
    for (const socket of accepted) socket.destroy();
    net.close();
  });

  /** Resolves when the service has said all that it says to these bytes at once. */
  async function send(...parts: Buffer[]): Promise<{ socket: Socket; closed: Promise<unknown> }> {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    const closed = once(socket, 'close');
    let heard = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
    });
    socket.write(Buffer.concat([preface, ...parts]));
    while (!framesOf(heard).includes(goaway) && !socket.closed) await new Promise(setImmediate);
    return { socket, closed };
  }

  for (const [what, bytes] of Object.entries(violations)) {
    it(`that sends ${what} is closed`, async () => {
      const { closed } = await send(settings, bytes);
      await clock.advance(4_000);
      await closed;
    });
  }

  it('that breaks the protocol while it has a request open is closed too', async () => {
    const { closed } = await send(settings, headersFrame(1), frame(6, 0, 0, Buffer.alloc(5)));
    await clock.advance(25_000);
    await closed;
  });

  it('that keeps to it stays, idle or in use', async () => {
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    const [busy] = [session.request({ ':path': '/x' }), await once(session, 'remoteSettings')];
    busy.on('error', () => undefined);
    for (let look = 0; look < 30; look++) {
      await clock.advance(2_000);
      await new Promise<void>((resolve, reject) => session.ping((error) => (error ? reject(error) : resolve())));
    }
    assert.equal(session.destroyed, false);
    session.destroy();
  });
});

/** Their types, in order; half a frame at the end is left out. */
function framesOf(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at + 9 <= bytes.byteLength; at += 9 + bytes.readUIntBE(at, 3)) types.push(bytes.readUInt8(at + 3));
  return types;
}
