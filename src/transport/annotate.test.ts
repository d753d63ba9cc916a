// What a hook adds to answers, over every protocol, to refusals too; and what becomes of requests that it refuses.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { describe, it, type TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { pino } from 'pino';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import { createLog } from '../log.js';
import { certificateOf, testCa } from '../testkit/testCertificates.js';
import { called, heard, open, said, session, startListener } from '../testkit/transport/listenerRig.js';
import type { Annotate } from './annotate.js';
import type { ListenerParameters } from './front/createListener.js';
import { createTls } from './front/tls.js';
import type { Method } from './grpc/call.js';
import { framed } from './grpc/message.js';
import { answerJson, type Exchange } from './http/exchange.js';
import { createRoutes } from './http/routes.js';

const methods: Method[] = [
  { path: '/test.Echo/Say', answer: ({ raw }) => raw },
  { path: '/test.Echo/Wait', answer: () => new Promise(() => undefined) },
  {
    path: '/test.Echo/Refuse',
    answer: () => {
      throw new FailureError(fail('QUEUE_FULL', { limit: 7 }));
    },
  },
  {
    path: '/test.Echo/Two',
    async *stream({ raw }) {
      yield raw;
      throw new Error('after the first');
    },
  },
];
const get = (headers = '', path = '/path') => `GET ${path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n${headers}\r\n`;

/** Adds what it was asked with: at once, or a turn of the loop later. */
const hooks: Record<string, Annotate> = {
  'at once': ({ 'x-nonce': nonce }) => ({ 'x-report': `over ${nonce ?? 'nothing'}` }),
  later: ({ 'x-nonce': nonce }) =>
    new Promise((resolve) => setImmediate(() => resolve({ 'x-report': `over ${nonce ?? 'nothing'}` }))),
};
const nonce = { 'x-nonce': '7' };
const report = 'over 7';

describe('what a listener adds to its answers', { timeout: 300_000 }, () => {
  for (const [when, annotate] of Object.entries(hooks)) {
    const start = (t: TestContext, given: Partial<ListenerParameters> = {}) =>
      startListener(t, { methods, annotate, ...given });

    it(`is in the initial metadata of calls, when it is there ${when}`, async (t) => {
      const { to } = await start(t);
      const { head, trailers, body } = await called(to, '/test.Echo/Say', nonce);
      assert.deepEqual([head['x-report'], trailers['grpc-status'], body], [report, '0', framed(Buffer.from('hello'))]);
      const broken = await called(to, '/test.Echo/Two', nonce);
      assert.deepEqual([broken.head['x-report'], broken.trailers['grpc-status']], [report, '13']);
      assert.equal(broken.trailers['x-report'], undefined);
    });

    it(`is beside the status of calls that are refused, when it is there ${when}`, async (t) => {
      const { to } = await start(t);
      const cases: [path: string, headers: IncomingHttpHeaders, body: Uint8Array | undefined, status: string][] = [
        ['/test.Echo/Refuse', {}, undefined, '14'],
        ['/test.Echo/None', {}, undefined, '12'],
        ['/test.Echo/Say', {}, Buffer.alloc(0), '3'],
        ['/test.Echo/Say', {}, Buffer.from([0, 0]), '3'],
        ['/test.Echo/Say', {}, Buffer.from([0, 0x7f, 0, 0, 0]), '8'],
        ['/test.Echo/Say', { 'content-type': 'application/grpc-web' }, undefined, '12'],
      ];
      for (const [path, headers, body, status] of cases) {
        const { head } = await called(to, path, { ...nonce, ...headers }, body);
        assert.deepEqual([head['grpc-status'], head['x-report']], [status, report], path);
      }
    });

    it(`is beside the status of calls that come too slowly or by HTTP/1, when it is there ${when}`, async (t) => {
      const { to, clock } = await start(t);
      const client = session(to);
      t.after(() => client.destroy());
      const slow = client.request({
        ':method': 'POST',
        ':path': '/test.Echo/Say',
        'content-type': 'application/grpc',
        ...nonce,
      });
      const answered = once(slow, 'response');
      slow.write(Buffer.from([0, 0]));
      while ((await called(to, '/test.Echo/Say')).trailers['grpc-status'] !== '0');
      await clock.advance(30_000);
      const [head] = (await answered) as [IncomingHttpHeaders];
      assert.deepEqual([head['grpc-status'], head['x-report']], ['14', report]);
      const old = await said(to, get('content-type: application/grpc\r\nx-nonce: 7\r\n'));
      assert.match(old, /^HTTP\/1\.1 200 OK\r\n[\s\S]*grpc-status: 9\r\n[\s\S]*x-report: over 7\r\n/);
    });

    it(`is in the heads of HTTP, of either version, when it is there ${when}`, async (t) => {
      const routes = (exchange: Exchange) => answerJson(exchange, exchange.path === '/path' ? 200 : 404, {});
      const { to } = await start(t, { routes });
      for (const [path, status] of [
        ['/path', 200],
        ['/other', 404],
      ] as const) {
        assert.match(
          await said(to, get('X-Nonce: 7\r\n', path)),
          new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*\r\nx-report: over 7\r\n[\\s\\S]*\r\n\r\n`),
        );
        const { head } = await heard(to, { ':path': path, ...nonce });
        assert.deepEqual([head[':status'], head['x-report']], [status, report]);
      }
      // Bytes that are no request have no headers.
      assert.match(
        await said(to, 'GET /\r\nnonsense\r\n\r\n'),
        /^HTTP\/1\.1 400 [\s\S]*\r\nx-report: over nothing\r\n/,
      );
    });

    it(`is in what is said to connections without TLS, when it is there ${when}`, async (t) => {
      const acceptor = createTls({ ...certificateOf('server'), clientCa: undefined }, 10_000);
      const { to } = await start(t, { tls: { acceptor, plaintext: 'never' } });
      assert.match(await said(to, get('X-Nonce: 7\r\n')), /^HTTP\/1\.1 403 [\s\S]*\r\nx-report: over 7\r\n/);
      const twice = await said(to, get('X-Nonce: 7\r\nx-nonce:8\r\ncontent-type: application/grpc\r\n'));
      assert.match(twice, /^HTTP\/1\.1 200 [\s\S]*grpc-status: 9\r\n[\s\S]*\r\nx-report: over 7, 8\r\n/);
      const { head } = await called(to, '/test.Echo/Say', nonce);
      assert.deepEqual([head['grpc-status'], head['x-report']], ['9', report]);
    });
  }

  it('is nothing without a hook: not a byte of what Node does not write changes', async (t) => {
    const acceptor = createTls({ ...certificateOf('server'), clientCa: undefined }, 10_000);
    const plain = await startListener(t, { methods });
    const secure = await startListener(t, { methods, tls: { acceptor, plaintext: 'never' } });
    const answer = (status: string, code: string, message: string) => {
      const body = `${JSON.stringify({ error: { code, message } })}\n`;
      return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`;
    };
    const unreadable = 'The field HTTP request is not valid: it cannot be read.';
    assert.equal(
      await said(plain.to, 'GET /\r\nnonsense\r\n\r\n'),
      answer('400 Bad Request', 'MALFORMED_REQUEST', unreadable),
    );
    const useTls = 'This service is reached by TLS from here. Use its https URL.';
    assert.equal(await said(secure.to, get()), answer('403 Forbidden', 'TLS_REQUIRED', useTls));
    assert.equal(
      await said(secure.to, get('content-type: application/grpc\r\n')),
      `HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\ngrpc-status: 9\r\ngrpc-message: ${useTls}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
    );
    const { head } = await called(plain.to, '/test.Echo/Say');
    assert.deepEqual(Object.entries(head), [
      [':status', 200],
      ['content-type', 'application/grpc'],
      ['grpc-accept-encoding', 'identity'],
    ]);
  });

  it('is beside the status that calls get when the listener closes', async (t) => {
    const { to, clock, front } = await startListener(t, { methods, annotate: hooks['later'] });
    const client = session(to);
    const stream = client.request({
      ':method': 'POST',
      ':path': '/test.Echo/Wait',
      'content-type': 'application/grpc',
      ...nonce,
    });
    stream.on('error', () => undefined).end(framed(Buffer.from('hello')));
    const answered = once(stream, 'response');
    while ((await called(to, '/test.Echo/Say')).trailers['grpc-status'] !== '0');
    const closed = front.close(5_000);
    await clock.advance(5_000);
    const [head] = (await answered) as [IncomingHttpHeaders];
    assert.deepEqual([head['grpc-status'], head['x-report']], ['14', report]);
    client.destroy();
    await clock.advance(1_000);
    await closed;
  });

  it('is asked with the connection and the key that this has shown, also after a renewal', async (t) => {
    const acceptor = createTls({ ...certificateOf('server'), clientCa: undefined }, 10_000);
    const annotate: Annotate = (_, { shownKey, peer }) => ({ 'x-key': `${shownKey}`, 'x-peer': peer.address });
    const { to } = await startListener(t, { methods, annotate, tls: { acceptor, plaintext: 'always' } });
    const secure = () => {
      const client = connectHttp2('https://localhost', {
        createConnection: () =>
          connectTls({ ...to, ca: testCa(), ALPNProtocols: ['h2'], checkServerIdentity: () => undefined }),
      });
      t.after(() => client.destroy());
      return client;
    };
    const keyOf = async (client: ReturnType<typeof secure>) => {
      const stream = client.request({ ':path': '/path' });
      const [head] = (await once(stream.resume(), 'response')) as [IncomingHttpHeaders];
      return head['x-key'];
    };
    const before = acceptor.spkiSha256;
    const old = secure();
    assert.equal(await keyOf(old), before);
    acceptor.renew({ ...certificateOf('server-renewed'), clientCa: undefined });
    assert.notEqual(acceptor.spkiSha256, before);
    assert.deepEqual([await keyOf(old), await keyOf(secure())], [before, acceptor.spkiSha256]);
    assert.match(await said(to, get()), /\r\nx-key: undefined\r\nx-peer: 127\.0\.0\.1\r\n/);
  });
});

describe('a request that the hook refuses', { timeout: 300_000 }, () => {
  const refusals: Record<string, Annotate> = {
    'at once': () => {
      throw new FailureError(fail('MALFORMED_REQUEST', { field: 'X-Nonce', problem: 'it has other digits' }));
    },
    later: () =>
      Promise.reject(new FailureError(fail('MALFORMED_REQUEST', { field: 'X-Nonce', problem: 'it has other digits' }))),
  };
  const words = /The field X-Nonce is not valid: it has other digits/;

  for (const [when, annotate] of Object.entries(refusals)) {
    it(`${when} is answered so, and has no effect`, async (t) => {
      let effects = 0;
      const effect = () => {
        effects += 1;
        return Buffer.alloc(0);
      };
      const answer = (exchange: Exchange) => answerJson(exchange, 200, { effect: effect() });
      const routes = createRoutes({ routes: [], otherwise: answer, log: createLog('silent') });
      const { to } = await startListener(t, {
        methods: [{ path: '/test.Echo/Say', answer: effect }],
        routes,
        annotate,
      });
      const { head } = await called(to, '/test.Echo/Say');
      assert.equal(head['grpc-status'], '3');
      assert.match(decodeURIComponent(`${head['grpc-message']}`), words);
      assert.match(await said(to, get()), /^HTTP\/1\.1 400 [\s\S]*MALFORMED_REQUEST/);
      assert.match(await said(to, get('content-type: application/grpc\r\n')), /grpc-status: 3\r\n/);
      assert.equal((await heard(to, { ':path': '/path' })).head[':status'], 400);
      // There is a refusal already.
      assert.match(await said(to, 'GET /\r\nnonsense\r\n\r\n'), /^HTTP\/1\.1 400 [\s\S]*it cannot be read/);
      assert.equal(effects, 0);
    });
  }

  const surprises: Record<string, Annotate> = {
    'throws what it should not': () => {
      throw new Error('secret detail of ours');
    },
    'adds what no header can hold': () => ({ 'x-report': 'two\r\nlines' }),
  };
  for (const [what, annotate] of Object.entries(surprises)) {
    it(`because it ${what} is answered under a reference that the log has once`, async (t) => {
      const lines: { event: string; reference: string }[] = [];
      const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) });
      const { to } = await startListener(t, { methods, annotate, log });
      const { head } = await called(to, '/test.Echo/Say');
      assert.equal(head['grpc-status'], '13');
      assert.doesNotMatch(`${head['grpc-message']}`, /secret/);
      assert.equal(lines.length, 1);
      assert.match(decodeURIComponent(`${head['grpc-message']}`), new RegExp(`${lines[0]?.reference}`));
    });
  }

  it('is not served when its client leaves before the hook is done', async (t) => {
    let effects = 0;
    let isAsked = false;
    let done = () => {};
    const annotate: Annotate = () => {
      isAsked = true;
      return new Promise((resolve) => {
        done = () => resolve({});
      });
    };
    const effect = () => {
      effects += 1;
      return Buffer.alloc(0);
    };
    const routes = async (exchange: Exchange) => answerJson(exchange, 200, { effect: effect() });
    const { to } = await startListener(t, { methods: [{ path: '/test.Echo/Say', answer: effect }], routes, annotate });
    const until = async (holds: () => boolean) => {
      while (!holds()) await new Promise(setImmediate);
    };
    const leaving = [
      async () => {
        const socket = await open(to);
        socket.write(get());
        await until(() => isAsked);
        socket.resetAndDestroy();
      },
      async () => {
        const client = session(to);
        const stream = client.request({
          ':method': 'POST',
          ':path': '/test.Echo/Say',
          'content-type': 'application/grpc',
        });
        stream.on('error', () => undefined).end(framed(Buffer.from('hello')));
        await until(() => isAsked);
        client.destroy();
      },
    ];
    for (const leave of leaving) {
      isAsked = false;
      await leave();
      // The listener hears of it in its own time.
      for (let turn = 0; turn < 500; turn++) await new Promise(setImmediate);
      done();
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    }
    assert.equal(effects, 0);
  });

  it('leaves nothing behind when its client leaves before the hook is done, however often', async (t) => {
    const waiting: (() => void)[] = [];
    let isSlow = true;
    const annotate: Annotate = () => (isSlow ? new Promise((resolve) => waiting.push(() => resolve({}))) : {});
    const { to } = await startListener(t, { methods, annotate });
    // A few more than may be on their way at once.
    for (let count = 1; count <= 17; count++) {
      const client = session(to);
      for (let call = 0; call < 250; call++) {
        const head = { ':method': 'POST', ':path': '/test.Echo/Say', 'content-type': 'application/grpc' };
        client.request(head).on('error', () => undefined);
      }
      while (waiting.length < 250 * count) await new Promise(setImmediate);
      const closed = once(client, 'close');
      client.destroy();
      await closed;
    }
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
    for (const done of waiting) done();
    isSlow = false;
    assert.equal((await called(to, '/test.Echo/Say')).trailers['grpc-status'], '0');
  });
});
