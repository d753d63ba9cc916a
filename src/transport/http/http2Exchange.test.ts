// The artifact routes over HTTP/2, on the port that also speaks gRPC and HTTP/1.1.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { sampleStdin } from '../../testkit/artifacts/sampleArtifacts.js';
import { sampleArtifactId } from '../../testkit/sampleIds.js';
import { startArtifactService } from '../../testkit/service/artifactService.js';
import { session as openSession, startListener } from '../../testkit/transport/listenerRig.js';

const stdin = sampleStdin(Buffer.alloc(3_000_000, 5));

describe('artifacts over HTTP/2', { timeout: 300_000 }, () => {
  let service: Awaited<ReturnType<typeof startArtifactService>>;
  let session: ClientHttp2Session;
  before(async () => {
    service = await startArtifactService();
  });
  after(() => service.stop());
  beforeEach(() => {
    session = connect(`http://127.0.0.1:${service.port}`).on('error', () => undefined);
  });
  afterEach(() => session.destroy());

  async function send(method: string, path: string, body?: Uint8Array, headers: IncomingHttpHeaders = {}) {
    const stream = session.request({ ':method': method, ':path': path, ...headers }, { endStream: body === undefined });
    stream.on('error', () => undefined);
    if (body !== undefined) stream.end(body);
    const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }];
    const received = await buffer(stream);
    return { status: answer[':status'], headers: answer, body: received, resetCode: stream.rstCode };
  }

  it('take an upload, and the same again', async () => {
    const { id, path } = service.capability();
    const first = await send('PUT', path, stdin);
    assert.equal(first.status, 200, first.body.toString());
    assert.equal(service.catalog.lookup(id)?.sizeBytes, stdin.byteLength);
    assert.equal((await send('PUT', path, stdin)).status, 200);
  });

  it('widen the window for an upload that is allowed, and for nothing else', async () => {
    const widened: number[] = [];
    session.on('remoteSettings', ({ initialWindowSize }) => widened.push(initialWindowSize ?? 0));
    await send('GET', '/health');
    await send('PUT', `/artifacts/${sampleArtifactId()}`, stdin.subarray(0, 1000));
    assert.ok(
      widened.every((size) => size <= 64 * 1024),
      `${widened}`,
    );
    assert.equal((await send('PUT', service.capability().path, stdin)).status, 200);
    assert.equal(widened.at(-1), 2 * 1024 * 1024);
  });

  it('take twenty uploads at once, before the client has seen the window widened', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => send('PUT', service.capability().path, sampleStdin(randomBytes(10)))),
    );
    // The service of this test receives four and lets four wait.
    assert.deepEqual([...new Set(answers.map(({ status }) => status))].sort(), [200, 504]);
  });

  it('give a proof whole and in ranges, to HEAD its length, and nothing else', async () => {
    const bytes = randomBytes(200_000);
    const id = await service.storeProof(bytes);
    const whole = await send('GET', `/artifacts/${id}`);
    assert.equal(whole.status, 200);
    assert.equal(whole.headers['content-length'], `${bytes.byteLength}`);
    assert.ok(whole.body.equals(bytes));
    const part = await send('GET', `/artifacts/${id}`, undefined, { range: 'bytes=10-19' });
    assert.equal(part.status, 206);
    assert.ok(part.body.equals(bytes.subarray(10, 20)));
    const head = await send('HEAD', `/artifacts/${id}`);
    assert.deepEqual(
      [head.status, head.headers['content-length'], head.body.byteLength],
      [200, `${bytes.byteLength}`, 0],
    );
    assert.equal((await send('GET', `/artifacts/${sampleArtifactId()}`)).status, 404);
    assert.equal((await send('POST', '/nowhere', Buffer.from('x'))).status, 404);
    assert.equal((await send('GET', `/${'x'.repeat(5_000)}`)).status, 400);
  });

  it('let a refused client read why while it still sends, and end its stream without an error', async () => {
    const stream = session.request({ ':method': 'PUT', ':path': `/artifacts/${sampleArtifactId()}` });
    stream.on('error', () => undefined).write(Buffer.alloc(30_000));
    const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }];
    assert.equal(answer[':status'], 403);
    assert.match((await buffer(stream)).toString(), /ARTIFACT_FORBIDDEN/);
    if (!stream.closed) await once(stream, 'close');
    assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR);
    assert.equal((await send('GET', '/health')).status, 200);
  });

  it('leave nothing of an upload that is broken off', async () => {
    const { id, path } = service.capability();
    const stream = session.request({ ':method': 'PUT', ':path': path }).on('error', () => undefined);
    stream.write(stdin.subarray(0, 500_000));
    while ((await service.unfinished()).length === 0) await new Promise(setImmediate);
    stream.close(constants.NGHTTP2_CANCEL);
    while ((await service.unfinished()).length > 0) await new Promise(setImmediate);
    assert.equal(service.catalog.lookup(id), undefined);
    assert.equal((await send('GET', '/health')).status, 200);
  });
});

it('a client that goes away before its answer over HTTP/2 is noticed, however it goes', {
  timeout: 60_000,
}, async (t) => {
  let tellWaiting = () => {};
  let tellGone = () => {};
  const { to } = await startListener(t, {
    async routes({ signal }) {
      const gone = once(signal, 'abort');
      tellWaiting();
      await gone;
      tellGone();
    },
  });
  for (const leave of ['reset', 'no error', 'hang up']) {
    const waiting = new Promise<void>((resolve) => {
      tellWaiting = resolve;
    });
    const gone = new Promise<void>((resolve) => {
      tellGone = resolve;
    });
    const client = openSession(to);
    const stream = client.request({ ':path': '/' }).on('error', () => undefined);
    await waiting;
    if (leave === 'hang up') client.destroy();
    else stream.close(leave === 'reset' ? constants.NGHTTP2_CANCEL : constants.NGHTTP2_NO_ERROR);
    await gone;
    client.destroy();
  }
});
