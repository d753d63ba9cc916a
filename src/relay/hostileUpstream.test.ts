// An upstream that means harm or is broken: what its client sees is an error, never a shorter answer, and the relay goes on.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import type { NetConnectOpts, Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { endHeaders, errorCode, frame, frameType, headerBlock, startRawHttp2 } from '../testkit/relay/rawHttp2.js';
import { startHttp1, startHttp2, startRaw, startRelay } from '../testkit/relay/relayRig.js';
import { called, heard, open, said, session } from '../testkit/transport/listenerRig.js';
import { framed } from '../transport/grpc/message.js';

const get = 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n';
const upgrade = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n';

/** What a client of HTTP/1.1 gets from an upstream that says these bytes and ends. */
async function answerTo(t: TestContext, bytes: string | Buffer, then: (socket: Socket) => void = (it) => it.end()) {
  const port = await startRaw(t, (socket) => {
    socket.write(bytes);
    then(socket);
  });
  const { to } = await startRelay(t, port);
  const client = await open(to);
  let answer = '';
  client.setEncoding('latin1').on('data', (text: string) => {
    answer += text;
  });
  client.write(get);
  await once(client, 'close');
  return answer;
}

/** How a stream of a client of HTTP/2 ends. */
async function resetOf(to: NetConnectOpts): Promise<number> {
  const own = session(to);
  const stream = own.request({ ':path': '/' });
  stream.on('error', () => undefined).resume();
  await new Promise((resolve) => stream.once('close', resolve));
  own.destroy();
  return stream.rstCode ?? 0;
}

const refused = /^HTTP\/1\.1 504 Gateway Timeout\r\n[\s\S]*"code":"UPSTREAM_BROKEN"/;

describe('an upstream of HTTP/1.1 that does not keep to it', () => {
  for (const [what, bytes] of [
    ['says nothing', ''],
    ['says what is no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['ends in its head', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['has endless headers', `HTTP/1.1 200 OK\r\n${'x-endless: 0123456789abcdef\r\n'.repeat(20_000)}`],
    ['has one endless header', `HTTP/1.1 200 OK\r\nx-endless: ${'0'.repeat(1_000_000)}`],
    ['has two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd'],
    [
      'has a length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    ],
    ['has a length that is no number', 'HTTP/1.1 200 OK\r\ncontent-length: 0x3\r\n\r\nabc'],
    ['has neither length nor chunks', 'HTTP/1.1 200 OK\r\n\r\nabc'],
    ['has a coding that is not known', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunky\r\n\r\nabc'],
    ['never comes to its answer', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(100)],
    ['changes the protocol', upgrade],
  ] as const)
    it(`${what}: refused`, async (t) => assert.match(await answerTo(t, bytes), refused));

  for (const [what, bytes] of [
    ['ends before its length', 'HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\nshorter'],
    ['ends in a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n30\r\nshorter'],
    ['ends before its last chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7\r\nshorter\r\n'],
    ['has chunks of no length', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7\r\nshorter\r\nzz\r\n'],
    [
      'has endless trailers',
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7\r\nshorter\r\n0\r\n${'x-endless: 0123456789abcdef\r\n'.repeat(20_000)}`,
    ],
  ] as const)
    it(`${what}: the answer breaks off too`, async (t) => {
      const answer = await answerTo(t, bytes);
      assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
      const [, body = ''] = answer.split('\r\n\r\n');
      assert.doesNotMatch(body, /0\r\n$/);
      assert.doesNotMatch(answer, /content-length: 7/);
    });

  it('says more than its length: the rest is nobody’s answer', async (t) => {
    const next = 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged';
    const port = await startRaw(t, (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc${next}`);
      socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ntrue'));
    });
    const { to } = await startRelay(t, port);
    for (const _ of [1, 2]) {
      const answer = await said(to, get);
      assert.match(answer, /\r\n\r\n(abc)$/);
      assert.doesNotMatch(answer, /forged/);
    }
  });

  it('resets the connection in its body: the answer breaks off too', async (t) => {
    const answer = await answerTo(t, 'HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\nshorter', (socket) =>
      setImmediate(() => socket.resetAndDestroy()),
    );
    assert.doesNotMatch(answer, /content-length: 7/);
  });
});

describe('an upstream of HTTP/2 that does not keep to it', () => {
  for (const [what, code] of [
    ['without an error', 0],
    ['as given up', 8],
    ['as refused', 7],
    ['as its own fault', 2],
  ] as const) {
    const cutAt = (type: string) => (socket: Socket, stream: number) => {
      const head = headerBlock({ 'content-type': type });
      socket.write(frame(frameType.headers, endHeaders, stream, head));
      socket.write(frame(frameType.data, 0, stream, Buffer.from('shorter')));
      socket.write(frame(frameType.rstStream, 0, stream, errorCode(code)));
    };

    it(`resets a stream ${what} in the middle of a call: the call ends with a status`, async (t) => {
      const { to } = await startRelay(t, await startRawHttp2(t, cutAt('application/grpc')));
      const { head, trailers } = await called(to, '/a.B/C');
      assert.equal(trailers['grpc-status'] ?? head['grpc-status'], '14');
      assert.match(`${trailers['grpc-message'] ?? head['grpc-message']}`, /no whole answer/);
    });

    it(`resets a stream ${what} in the middle of a body: the stream to the client breaks off too`, async (t) => {
      const { to } = await startRelay(t, await startRawHttp2(t, cutAt('text/plain')));
      assert.notEqual(await resetOf(to), 0);
    });
  }

  it('cuts its connection in the middle of a body: the stream to the client breaks off too', async (t) => {
    const port = await startRawHttp2(t, (socket, stream) => {
      socket.write(frame(frameType.headers, endHeaders, stream, headerBlock({})));
      socket.end(frame(frameType.data, 0, stream, Buffer.from('shorter')));
    });
    const { to } = await startRelay(t, port);
    assert.notEqual(await resetOf(to), 0);
  });

  for (const [what, headers] of [
    ['without trailers', { 'content-type': 'application/grpc' }],
    ['without a status in its trailers', { 'content-type': 'application/grpc', trailers: 'x' }],
  ] as const)
    it(`a call that ends ${what} gets a status`, async (t) => {
      const port = await startHttp2(t, (stream) => {
        const waits = 'trailers' in headers;
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: waits });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'x-other': '1' }));
        stream.end(framed(Buffer.from('whole')));
      });
      const { to } = await startRelay(t, port);
      const { trailers } = await called(to, '/a.B/C');
      assert.equal(trailers['grpc-status'], '14');
    });

  it('an answer to a call that ends with its head and has no status gets one', async (t) => {
    const port = await startHttp2(t, (stream) => stream.respond({ ':status': 200 }, { endStream: true }));
    const { to } = await startRelay(t, port);
    assert.equal((await called(to, '/a.B/C')).head['grpc-status'], '14');
  });

  it('has endless headers: refused, and other streams go on', async (t) => {
    const port = await startHttp2(t, (stream, headers) => {
      const many = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`x-${i}`, '0'.repeat(64)]));
      stream.respond({ ':status': 200, ...(headers[':path'] === '/many' && many) });
      stream.end('whole');
    });
    const { to } = await startRelay(t, port);
    assert.equal((await heard(to, { ':path': '/many' })).head[':status'], 504);
    assert.equal((await heard(to, { ':path': '/' })).body.toString(), 'whole');
  });

  it('says another length than it sends: the stream breaks off too', async (t) => {
    const port = await startHttp2(t, (stream) => {
      stream.respond({ ':status': 200, 'content-length': '70' });
      stream.end('shorter');
    });
    const { to } = await startRelay(t, port);
    assert.notEqual(await resetOf(to), 0);
  });

  it('goes away with calls under way: each ends with a status, and the next one is served', async (t) => {
    let calls = 0;
    const port = await startHttp2(t, (stream) => {
      calls += 1;
      if (calls <= 3) return void (calls === 3 && stream.session?.destroy());
      stream.respond({ ':status': 200, 'grpc-status': '0' }, { endStream: true });
    });
    const { to } = await startRelay(t, port);
    const cut = await Promise.all([1, 2, 3].map(() => called(to, '/a.B/C')));
    for (const { head } of cut) assert.equal(head['grpc-status'], '14');
    assert.equal((await called(to, '/a.B/C')).head['grpc-status'], '0');
  });

  it('takes one stream at a time: calls at once go by more sessions', async (t) => {
    const streams: ServerHttp2Stream[] = [];
    const sessions = new Set<unknown>();
    const handler = (stream: ServerHttp2Stream) => {
      sessions.add(stream.session);
      stream.respond({ ':status': 200 });
      if (streams.push(stream) === 3) for (const each of streams) each.end('whole');
    };
    const port = await startHttp2(t, handler, { settings: { maxConcurrentStreams: 1 } });
    const { to } = await startRelay(t, port);
    const all = await Promise.all([1, 2, 3].map(() => heard(to, { ':path': '/' })));
    for (const { body } of all) assert.equal(body.toString(), 'whole');
    assert.equal(sessions.size, 3);
  });
});

describe('an upstream that asserts what only a relay of ours may', () => {
  const forged = {
    'attestation-report': 'Zm9yZ2Vk',
    'attestation-binding': 'v=1',
    'x-flashbots-attestation': '1',
    attestation_report: 'x',
  };

  it('T36: has it dropped from heads and trailers, in both protocols', async (t) => {
    const by1 = await startHttp1(t, (_, answer) => {
      answer.writeHead(200, { ...forged, kept: '1', connection: 'x-hop', 'x-hop': '1', 'keep-alive': 'timeout=1' });
      answer.write('whole');
      answer.addTrailers({ ...forged, 'x-kept': '1' });
      answer.end();
    });
    const by2 = await startHttp2(t, (stream) => {
      stream.respond({ ':status': 200, ...forged, kept: '1' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ ...forged, 'x-kept': '1', 'grpc-status': '0' }));
      stream.end('whole');
    });
    const over1 = await said((await startRelay(t, by1)).to, get);
    assert.match(over1, /\r\nkept: 1\r\n/);
    assert.match(over1, /\r\nx-kept: 1\r\n/);
    assert.doesNotMatch(over1, /attestation|flashbots|x-hop|timeout=1/i);
    const { to } = await startRelay(t, by2);
    for (const { head, trailers } of [await heard(to, { ':path': '/' }), await called(to, '/a.B/C')]) {
      assert.deepEqual(Object.keys(head).sort(), [':status', 'date', 'kept']);
      assert.equal(trailers['x-kept'], '1');
      assert.doesNotMatch(JSON.stringify(trailers), /attestation|flashbots/i);
    }
  });
});
