// gRPC on real HTTP/2 sessions, with Node's own client: what arrives on the stream is looked at byte by byte.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectSocket, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { pino } from 'pino';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';
import { createHttp2, type Http2 } from '../front/http2Sessions.js';
import type { CallContext, Method } from './call.js';
import { framed } from './message.js';
import { createGrpcServer } from './server.js';

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Of the trailers, or of the headers when there is nothing else. */
  readonly status: string | undefined;
  readonly message: string | undefined;
}

const emptySettings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
const limitBytes = 100;
const hello = Buffer.from('hello');

describe('the gRPC server', { timeout: 300_000 }, () => {
  let clock: SimulatedClock;
  let http2: Http2;
  let net: Server;
  let session: ClientHttp2Session;
  let calls: CallContext[];
  let port: number;
  let lines: { event: string; reference: string }[];

  const methods: Method[] = [
    { path: '/test.Echo/Say', answer: ({ raw }) => raw },
    {
      path: '/test.Echo/Late',
      answer: (call) => {
        calls.push(call);
        return new Promise(() => undefined);
      },
    },
    {
      path: '/test.Echo/Refuse',
      answer: () => {
        throw new FailureError(fail('QUEUE_FULL', { limit: 7 }));
      },
    },
    {
      path: '/test.Echo/Fail',
      answer: () => {
        throw new FailureError(fail('INTERNAL', { reference: 'its-own' }), { cause: new Error('the reason') });
      },
    },
    { path: '/test.Echo/Break', answer: () => Promise.reject(new Error('secret detail of ours')) },
    {
      path: '/test.Echo/Two',
      async *stream({ raw }) {
        yield raw;
        yield raw;
      },
    },
    {
      path: '/test.Echo/BreakLater',
      async *stream({ raw }) {
        yield raw;
        throw new Error('secret detail of ours');
      },
    },
  ];

  beforeEach(async () => {
    clock = new SimulatedClock();
    calls = [];
    lines = [];
    const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) });
    const grpc = createGrpcServer({ methods, clock, log, limitBytes });
    http2 = createHttp2({ grpc, routes: () => new Promise(() => undefined), clock });
    net = createServer((socket) => {
      socket.on('error', () => undefined);
      const peer = { address: '10.0.0.1', port: socket.remotePort ?? 0, certificate: undefined };
      http2.accept(socket, { peer, isEncrypted: false, local: { address: '10.0.0.2', port: 9 } });
    }).listen(0, '127.0.0.1');
    await once(net, 'listening');
    port = (net.address() as { port: number }).port;
    session = connect(`http://127.0.0.1:${port}`).on('error', () => undefined);
  });

  afterEach(() => {
    session.destroy();
    http2.drain();
    net.close();
  });

  const begin = (path: string, headers: IncomingHttpHeaders = {}): ClientHttp2Stream =>
    session
      .request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...headers })
      .on('error', () => undefined);

  async function heard(stream: ClientHttp2Stream): Promise<Answer> {
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    stream.on('response', (given) => {
      headers = given;
    });
    stream.on('trailers', (given) => {
      trailers = given;
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(stream, 'close');
    const last = trailers['grpc-status'] === undefined ? headers : trailers;
    const message = last['grpc-message'];
    return {
      headers,
      body: Buffer.concat(chunks),
      status: last['grpc-status'] as string | undefined,
      message: typeof message === 'string' ? decodeURIComponent(message) : undefined,
    };
  }

  function call(path: string, body: Uint8Array = framed(hello), headers: IncomingHttpHeaders = {}): Promise<Answer> {
    const stream = begin(path, headers);
    stream.end(body);
    return heard(stream);
  }

  it('answers a message, and ends with a status in trailers', async () => {
    const answer = await call('/test.Echo/Say');
    assert.deepEqual(answer.body, framed(hello));
    assert.equal(answer.status, '0');
    assert.equal(answer.headers[':status'], 200);
    assert.equal(answer.headers['content-type'], 'application/grpc');
    assert.equal(answer.headers['grpc-status'], undefined);
  });

  it('reads a message in whatever pieces it comes, and an empty one', async () => {
    const stream = begin('/test.Echo/Say');
    for (const byte of framed(hello)) {
      stream.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    stream.end();
    assert.deepEqual((await heard(stream)).body, framed(hello));
    const empty = await call('/test.Echo/Say', framed(Buffer.alloc(0)));
    assert.deepEqual([empty.status, empty.body], ['0', framed(Buffer.alloc(0))]);
  });

  it('answers a refusal with its status and sentence, and a surprise without what it was', async () => {
    const refused = await call('/test.Echo/Refuse');
    assert.equal(refused.status, '14');
    assert.equal(refused.message, 'The queue is full (7 open requests). Try again later.');
    const broken = await call('/test.Echo/Break');
    assert.equal(broken.status, '13');
    assert.doesNotMatch(broken.message ?? '', /secret/);
  });

  it('names a surprise by the reference that the log has too', async () => {
    for (const path of ['/test.Echo/Fail', '/test.Echo/Break', '/test.Echo/BreakLater']) {
      const { message } = await call(path);
      const logged = lines.pop();
      assert.equal(logged?.event, 'rpc.failed');
      assert.match(message ?? '', new RegExp(`under ${logged.reference}\\.$`));
    }
  });

  it('check 16, rule 13: ends with a status also when it fails after the first bytes of an answer', async () => {
    const answer = await call('/test.Echo/BreakLater');
    assert.deepEqual(answer.body, framed(hello));
    assert.equal(answer.headers['grpc-status'], undefined);
    assert.equal(answer.status, '13');
    assert.doesNotMatch(answer.message ?? '', /secret/);
  });

  it('streams as many answers as there are', async () => {
    const answer = await call('/test.Echo/Two');
    assert.deepEqual([answer.status, answer.body], ['0', Buffer.concat([framed(hello), framed(hello)])]);
  });

  const refusals: [what: string, path: string, body: Uint8Array, headers: IncomingHttpHeaders, status: string][] = [
    ['an unknown method', '/test.Echo/None', framed(hello), {}, '12'],
    ['an unknown service with odd characters', '/%00"\\/x', framed(hello), {}, '12'],
    ['what is no POST', '/test.Echo/Say', framed(hello), { ':method': 'PUT' }, '12'],
    ['a compressed message', '/test.Echo/Say', Buffer.concat([Buffer.from([1]), framed(hello).subarray(1)]), {}, '12'],
    ['a compressing encoding', '/test.Echo/Say', framed(hello), { 'grpc-encoding': 'gzip' }, '12'],
    ['no message', '/test.Echo/Say', Buffer.alloc(0), {}, '3'],
    ['half a message', '/test.Echo/Say', framed(hello).subarray(0, 7), {}, '3'],
    ['two messages', '/test.Echo/Say', Buffer.concat([framed(hello), framed(hello)]), {}, '3'],
    ['a message that is too large', '/test.Echo/Say', framed(Buffer.alloc(limitBytes + 1)), {}, '8'],
  ];
  for (const [what, path, body, headers, status] of refusals) {
    it(`refuses ${what}`, async () => {
      const answer = await call(path, body, headers);
      assert.equal(answer.status, status, answer.message);
      assert.equal(answer.headers[':status'], 200);
      assert.match(answer.message ?? '', /\.$/);
      assert.equal((await call('/test.Echo/Say')).status, '0');
    });
  }

  for (const type of [
    'application/grpc+json',
    'application/grpc-web+proto',
    'application/grpc-web-text',
    'application/GRPC+thrift',
  ]) {
    it(`answers ${type}, which is not served, with a status on whatever path`, async () => {
      for (const path of ['/test.Echo/Say', '/test.Echo/Two', '/artifacts/x', '/']) {
        const answer = await call(path, framed(hello), { 'content-type': type });
        assert.equal(answer.headers[':status'], 200);
        assert.equal(answer.status, '12');
        assert.match(answer.message ?? '', /^Only gRPC itself is served here/);
        const isText = type.includes('text');
        const body = Buffer.from(answer.body.toString(isText ? 'latin1' : 'hex'), isText ? 'base64' : 'hex');
        if (type.includes('web')) assert.match(body.subarray(5).toString(), /^grpc-status: 12\r\ngrpc-message: Only/);
        else assert.equal(body.byteLength, 0);
      }
    });
  }

  it('serves its content type in any case and with parameters', async () => {
    for (const type of ['application/grpc+proto', 'Application/GRPC', 'application/grpc; charset=utf-8'])
      assert.equal((await call('/test.Echo/Say', framed(hello), { 'content-type': type })).status, '0');
  });

  it('refuses a message by its announced size, without waiting for it', async () => {
    const stream = begin('/test.Echo/Say');
    stream.write(Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]));
    assert.equal((await heard(stream)).status, '8');
  });

  it('aborts a handler’s signal when its client has gone', async () => {
    const stream = begin('/test.Echo/Late');
    stream.end(framed(hello));
    await until(() => calls.length === 1);
    assert.equal(calls[0]?.signal.aborted, false);
    stream.close();
    await until(() => calls[0]?.signal.aborted === true);
  });

  it("keeps to the call's own time limit", async () => {
    const stream = begin('/test.Echo/Late', { 'grpc-timeout': '3S' });
    stream.end(framed(hello));
    const answer = heard(stream);
    await until(() => calls.length === 1);
    await clock.advance(2_999);
    assert.equal(calls[0]?.signal.aborted, false);
    await clock.advance(1);
    assert.equal((await answer).status, '4');
    assert.equal(calls[0]?.signal.aborted, true);
    assert.equal(clock.nextWakeAt(), undefined);
  });

  it('ends calls whose message does not arrive, and sessions that answer no ping', async () => {
    const stopWatching = http2.watch();
    const slow = begin('/test.Echo/Say');
    slow.write(framed(hello).subarray(0, 6));
    const answer = heard(slow);
    const echoed = await call('/test.Echo/Say');
    assert.equal(echoed.status, '0');
    await clock.advance(30_000);
    assert.equal((await answer).status, '14');

    // A session that is alive is left alone however long it is silent.
    for (let minute = 0; minute < 10; minute++) {
      await clock.advance(60_000);
      await pinged(session);
    }
    assert.equal((await call('/test.Echo/Say')).status, '0');
    const mute = connectSocket(port, '127.0.0.1').on('error', () => undefined);
    mute.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), emptySettings]));
    await once(mute, 'data');
    const closed = once(mute, 'close');
    await clock.advance(200_000);
    await closed;
    assert.equal((await call('/test.Echo/Say')).status, '0');
    stopWatching();
  });

  it('bounds how many messages may be on their way at once', async () => {
    const sessions = Array.from({ length: 17 }, () => connect(`http://127.0.0.1:${port}`).on('error', () => undefined));
    const statuses: unknown[] = [];
    for (const some of sessions) {
      for (let count = 0; count < 250; count++) {
        const headers = { ':method': 'POST', ':path': '/test.Echo/Say', 'content-type': 'application/grpc' };
        const stream = some.request(headers).on('error', () => undefined);
        stream.write(framed(hello).subarray(0, 7));
        stream.once('response', (answer) => statuses.push(answer['grpc-status']));
      }
    }
    await until(() => statuses.length > 0);
    for (const some of sessions) some.destroy();
    assert.deepEqual([...new Set(statuses)], ['14']);
  });

  it('takes so many uploads of one session, and refuses the next with a retry', async () => {
    const put = () => session.request({ ':method': 'PUT', ':path': '/artifacts/x' }).on('error', () => undefined);
    for (let count = 0; count < 32; count++) put().write('x');
    const [answer] = (await once(put(), 'response')) as [IncomingHttpHeaders];
    assert.equal(answer[':status'], 504);
    assert.equal((await call('/test.Echo/Say')).status, '0');
  });

  it('leaves a session alone that sends, however late it answers pings', async () => {
    const stopWatching = http2.watch();
    const slow = connectSocket(port, '127.0.0.1').on('error', () => undefined);
    slow.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), emptySettings]));
    await once(slow, 'data');
    for (let minute = 0; minute < 4; minute++) {
      slow.write(emptySettings);
      await pinged(session);
      await clock.advance(50_000);
    }
    assert.equal(slow.closed, false);
    slow.destroy();
    stopWatching();
  });

  it('reports who called, and by which name it was reached', async () => {
    const stream = begin('/test.Echo/Late', {
      ':authority': 'prover.example.org:9',
      'user-agent': 'tonic/0.14.6',
      authorization: 'Bearer t',
    });
    stream.end(framed(hello));
    await until(() => calls.length === 1);
    const { reached, userAgent, authorization, peer, raw } = calls[0] as CallContext;
    assert.deepEqual(
      { host: reached.host, userAgent, authorization, raw: Buffer.from(raw), peer },
      {
        host: 'prover.example.org:9',
        userAgent: 'tonic/0.14.6',
        authorization: 'Bearer t',
        raw: hello,
        peer: { address: '10.0.0.1', port: session.socket.localPort, certificate: undefined },
      },
    );
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

const pinged = (session: ClientHttp2Session): Promise<void> =>
  new Promise((resolve, reject) => session.ping((error) => (error === null ? resolve() : reject(error))));
