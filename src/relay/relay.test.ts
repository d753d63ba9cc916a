// A relay between real sockets: what goes through it, in both protocols and both directions.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { startHttp1, startHttp2, startRelay } from '../testkit/relay/relayRig.js';
import { called, heard, said, session } from '../testkit/transport/listenerRig.js';
import { framed } from '../transport/grpc/message.js';

const message = framed(Buffer.from('a witness'));

describe('a relay', () => {
  it('passes a call of gRPC on by HTTP/2, with its message, metadata and trailers', async (t) => {
    const port = await startHttp2(t, (stream, headers) => {
      stream.respond(
        {
          ':status': 200,
          'content-type': 'application/grpc',
          seen: `${headers[':path']} ${headers['te']} ${headers['x-own']}`,
        },
        { waitForTrailers: true },
      );
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '7', 'grpc-message': 'no', 'x-more': 'a' }));
      stream.pipe(stream);
    });
    const { to } = await startRelay(t, port);
    const { head, body, trailers } = await called(
      to,
      '/remote_prover.Api/Prove',
      { te: 'trailers', 'x-own': '1' },
      message,
    );
    assert.equal(head[':status'], 200);
    assert.equal(head['seen'], '/remote_prover.Api/Prove trailers 1');
    assert.deepEqual(body, message);
    assert.equal(trailers['grpc-status'], '7');
    assert.equal(trailers['grpc-message'], 'no');
    assert.equal(trailers['x-more'], 'a');
  });

  it('T39: passes a status in headers on as a status in headers', async (t) => {
    const port = await startHttp2(t, (stream) =>
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '8' }, { endStream: true }),
    );
    const { to } = await startRelay(t, port);
    const { head, body } = await called(to, '/a.B/C');
    assert.equal(head['grpc-status'], '8');
    assert.equal(body.byteLength, 0);
  });

  it('passes gRPC-Web on by HTTP/1.1, byte for byte', async (t) => {
    const port = await startHttp1(t, (asked, answer) => {
      answer.setHeader('content-type', asked.headers['content-type'] ?? '');
      answer.setHeader('seen', `${asked.method} ${asked.url} ${asked.headers['x-grpc-web']}`);
      asked.pipe(answer);
    });
    const { to } = await startRelay(t, port);
    const asking = request({
      ...(to as { host: string; port: number }),
      method: 'POST',
      path: '/remote_prover.Api/Prove?x=%20',
      headers: { 'content-type': 'application/grpc-web+proto', 'x-grpc-web': '1' },
    });
    asking.end(message);
    const [answer] = await once(asking, 'response');
    assert.equal(answer.headers['content-type'], 'application/grpc-web+proto');
    assert.equal(answer.headers['seen'], 'POST /remote_prover.Api/Prove?x=%20 1');
    assert.equal(await text(answer), message.toString());
  });

  it('passes HEAD, 204, 304, several cookies and trailers on', async (t) => {
    const port = await startHttp1(t, (asked, answer) => {
      if (asked.url === '/none') return void answer.writeHead(204).end();
      if (asked.url === '/same') return void answer.writeHead(304, { etag: '"a"' }).end();
      const length = asked.method === 'HEAD' ? { 'content-length': 5 } : { trailer: 'x-sum' };
      answer.writeHead(200, { 'set-cookie': ['a=1', 'b=2'], ...length });
      if (asked.method === 'HEAD') return void answer.end();
      answer.write('whole');
      answer.addTrailers({ 'x-sum': '9' });
      answer.end();
    });
    const { to } = await startRelay(t, port);
    const ask = (method: string, path: string) =>
      said(to, `${method} ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`);
    assert.match(await ask('HEAD', '/long'), /^HTTP\/1\.1 200 OK\r\n(.+\r\n)*content-length: 5\r\n(.+\r\n)*\r\n$/);
    assert.match(await ask('GET', '/none'), /^HTTP\/1\.1 204 No Content\r\n(.+\r\n)*\r\n$/);
    assert.match(await ask('GET', '/same'), /^HTTP\/1\.1 304 Not Modified\r\netag: "a"\r\n(.+\r\n)*\r\n$/);
    const whole = await ask('GET', '/');
    assert.match(whole, /set-cookie: a=1\r\nset-cookie: b=2\r\n/);
    assert.match(whole, /\r\n\r\n5\r\nwhole\r\n0\r\nx-sum: 9\r\n\r\n$/);
  });

  it('asks by HTTP/1.1 where the upstream has no HTTP/2, and says so to a call of gRPC', async (t) => {
    const port = await startHttp1(t, (asked, answer) => answer.end(`by ${asked.httpVersion} ${asked.headers.host}`));
    const { to } = await startRelay(t, port);
    for (const _ of [1, 2]) {
      const { head, body } = await heard(to, { ':path': '/', ':authority': 'prover.example.org' });
      assert.equal(head[':status'], 200);
      assert.equal(body.toString(), 'by 1.1 prover.example.org');
    }
    const { head } = await called(to, '/a.B/C');
    assert.equal(head[':status'], 200);
    assert.equal(head['grpc-status'], '14');
    assert.match(`${head['grpc-message']}`, /does not speak HTTP\/2/);
  });

  it('passes interim answers on', async (t) => {
    const port = await startHttp2(t, (stream) => {
      stream.additionalHeaders({ ':status': 103, link: '</a>; rel=preload', 'attestation-report': 'forged' });
      stream.respond({ ':status': 200 });
      stream.end('done');
    });
    const { to } = await startRelay(t, port);
    const own = session(to);
    const stream = own.request({ ':path': '/' });
    const interim: object[] = [];
    stream.on('headers', (headers) => interim.push({ ...headers }));
    assert.equal(await text(stream), 'done');
    assert.equal(JSON.stringify(interim), JSON.stringify([{ ':status': 103, link: '</a>; rel=preload' }]));
    own.destroy();
  });

  it('streams both ways at once: the answer begins before the request has ended', async (t) => {
    const port = await startHttp2(t, (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.pipe(stream);
    });
    const { to } = await startRelay(t, port);
    const own = session(to);
    const stream = own.request({ ':method': 'POST', ':path': '/a.B/C', 'content-type': 'application/grpc' });
    for (const word of ['one', 'two', 'three']) {
      stream.write(word);
      const [back] = await once(stream, 'data');
      assert.equal(`${back}`, word);
    }
    stream.end();
    const [trailers] = await once(stream, 'trailers');
    assert.equal(trailers['grpc-status'], '0');
    own.destroy();
  });
});
