// Connections that are silent, slow or unintelligible, and how much memory they leave behind.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { holdingClock } from '../../src/clock.js';
import { inspectable, liveMemory } from '../../src/testkit/service/liveMemory.js';
import { assertNothingInternal } from '../../src/testkit/service/serviceCalls.js';
import {
  createRequester,
  expectedProof,
  type ServiceRequester,
  stdinOf,
} from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);

/**
 * What all of this may leave behind, in bytes. Each gRPC session that is open costs about 100 KB; a service that kept what it was sent
 * (over 500 MB in all), or a KiB of each of the 6,000 calls and connections, would be beyond.
 */
const mostHeldBytes = 8 * 1024 * 1024;

describe('hostile connections', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let requester: ServiceRequester;
  let heldBefore: number;
  const sockets = new Set<Socket>();

  before(async () => {
    rig = await createServiceRig({ environment: inspectable });
    service = await rig.serve();
    requester = createRequester(rig.url, { clock: holdingClock });
    await requester.register();
    await assertWorks('warm-up');
    heldBefore = await liveMemory(service);
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    requester.close();
    const growth = (await liveMemory(service)) - heldBefore;
    const unexpected = service.lines.filter(({ event }) => event === 'rpc.failed' || event === 'http.failed');
    assert.equal(await service.stop(), 0);
    await rig.end();
    assert.deepEqual(unexpected, [], 'something was not expected');
    assert.ok(growth < mostHeldBytes, `it holds ${Math.round(growth / 2 ** 20)} MiB more than before`);
  });

  async function open(): Promise<Socket> {
    const socket = connect({ port: rig.port, host: '127.0.0.1', allowHalfOpen: true });
    sockets.add(socket.on('error', () => undefined).once('close', () => sockets.delete(socket)));
    await once(socket, 'connect');
    return socket;
  }

  /** From upload to proof, on connections of its own. */
  async function assertWorks(what: string): Promise<void> {
    const someone = createRequester(rig.url, { clock: holdingClock });
    try {
      const stdin = stdinOf(what);
      const { proofUrl } = await someone.client.waitProof(await someone.submit(stdin), { pollMs: 50 });
      assert.ok((await someone.fetchProof(proofUrl)).equals(expectedProof(stdin)));
    } finally {
      someone.close();
    }
  }

  /** Sends and waits for the first answer, or the end. */
  async function poke(bytes: Uint8Array): Promise<void> {
    const socket = await open();
    const answered = Promise.race([once(socket, 'data'), ended(socket)]);
    socket.end(bytes);
    await answered;
    socket.destroy();
  }

  /** All it says until it hangs up. */
  async function hearOut(bytes: string | Uint8Array): Promise<string> {
    const socket = await open();
    const heard = text(socket);
    socket.end(bytes);
    const said = await heard;
    assertNothingInternal(said);
    return said;
  }

  it('of a thousand that say nothing do not keep a client from its proof', async () => {
    const silent = await Promise.all(Array.from({ length: 1_000 }, open));
    await assertWorks('among the silent');
    // They are let go in time, all of them.
    await Promise.all(silent.map((socket) => socket.destroyed || ended(socket)));
    await assertWorks('after the silent');
  });

  it('of bytes that are no protocol are answered or closed, and nothing else happens', async () => {
    assert.match(await hearOut('\r\n\r\n hello\r\n\r\n'), /^HTTP\/1\.1 400 /);
    assert.match(await hearOut(randomBytes(10_000)), /^HTTP\/1\.1 400 |^$/);
    assert.match(await hearOut(`GET ${'/x'.repeat(20_000)} HTTP/1.1\r\nhost: h\r\n\r\n`), /^HTTP\/1\.1 4\d\d /);
    assert.match(
      await hearOut(`GET /health HTTP/1.1\r\nhost: h\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`),
      /^HTTP\/1\.1 431 /,
    );
    assert.match(await hearOut('GET http://[::1 HTTP/1.1\r\nhost: h\r\n\r\n'), /^HTTP\/1\.1 400 /);
    assert.match(
      await hearOut('PUT /artifacts/x HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n'),
      /^HTTP\/1\.1 4\d\d /,
    );
    for (let time = 0; time < 50; time++) {
      await poke(Buffer.concat([Buffer.from(preface), randomBytes(1 + time * 40)]));
      await poke(Buffer.concat([Buffer.from(preface), settings, frame(1 + (time % 9), randomBytes(20))]));
    }
    await assertWorks('after garbage');
  });

  it('of HTTP/2 with enormous headers, and with a flood of cancelled calls, are ended or refused', async () => {
    const session = connectHttp2(rig.url).on('error', () => undefined);
    const call = session.request({
      ':method': 'POST',
      ':path': '/network.ProverNetwork/GetNonce',
      te: 'trailers',
      'content-type': 'application/grpc',
      'x-large': 'y'.repeat(2_000_000),
    });
    await new Promise<void>((resolve) => call.on('error', () => undefined).once('close', resolve));
    session.destroy();

    const flood = connectHttp2(rig.url).on('error', () => undefined);
    await once(flood, 'connect');
    for (let i = 0; i < 5_000 && !flood.destroyed; i++) {
      const stream = flood.request({
        ':method': 'POST',
        ':path': '/network.ProverNetwork/GetNonce',
        te: 'trailers',
        'content-type': 'application/grpc',
      });
      stream.on('error', () => undefined).close(constants.NGHTTP2_CANCEL);
      if (i % 500 === 0) await new Promise(setImmediate);
    }
    await assertWorks('beside a flood');
    flood.destroy();
  });

  it('that send their headers slowly, or nothing after half a request, are closed in time', async () => {
    const drip = async (start: string, rest: string) => {
      const socket = await open();
      const closed = ended(socket);
      socket.write(start);
      const stop = everySecond(() => socket.writable && socket.write(rest));
      await closed;
      stop();
    };
    await Promise.all([
      drip('G', ''),
      drip('PRI * HT', ''),
      drip('GET /health HTTP/1.1\r\n', 'x-slow: 1\r\n'),
      drip('GET /health HTTP/1.1\r\nhost: h\r\nx: ', 'y'),
      assertWorks('beside the slow'),
    ]);
  });

  it('that close one half are answered in the other', async () => {
    assert.match(
      await hearOut('GET /health HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n'),
      /^HTTP\/1\.1 200 [\s\S]*"serving":true/,
    );
    // Half of an HTTP/2 connection is none.
    await poke(Buffer.concat([Buffer.from(preface), settings]));
    const vanished = await Promise.all(Array.from({ length: 200 }, open));
    for (const socket of vanished)
      socket.write(Buffer.concat([Buffer.from(preface), settings]), () => socket.resetAndDestroy());
    await assertWorks('after the vanished');
  });

  it('with a hundred megabytes of upload that was not allowed are turned away unread', async () => {
    const piece = randomBytes(1024 * 1024);
    for (let time = 0; time < 5; time++) {
      const socket = await open();
      const heard = text(socket);
      socket.write(
        `PUT /artifacts/${'ab'.repeat(32)} HTTP/1.1\r\nhost: h\r\ncontent-length: ${100 * piece.length}\r\n\r\n`,
      );
      for (let i = 0; i < 100 && socket.writable && !socket.destroyed; i++) {
        await new Promise((resolve) => socket.write(piece, resolve));
      }
      assert.match(await heard, /^HTTP\/1\.1 403 |^$/);
      socket.destroy();
    }
    await assertWorks('after the refused');
  });
});

/** Resolves when the other side has ended or cut the connection. */
function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('end', resolve).once('close', resolve);
    socket.resume();
  });
}

function everySecond(work: () => unknown): () => void {
  let cancel = () => {};
  const next = () => {
    cancel = holdingClock.wakeIn(1_000, () => {
      work();
      next();
    });
  };
  next();
  return () => cancel();
}

/** An HTTP/2 frame of this type on stream 1. */
const frame = (type: number, payload: Uint8Array) =>
  Buffer.concat([Buffer.from([0, 0, payload.length, type, 0, 0, 0, 0, 1]), payload]);
