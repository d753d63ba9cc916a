// The gateway while much goes through it: certificates that change, floods of questions, large bodies, provers that take their time.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { type ClientHttp2Session, connect } from 'node:http2';
import { request } from 'node:https';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { describe, it, type TestContext } from 'node:test';
import { holdingClock } from '../../src/clock.js';
import { ask, callGrpc } from '../../src/testkit/attestation/askService.js';
import { startFakeAgent } from '../../src/testkit/attestation/fakeAgent.js';
import { spkiOfPem } from '../../src/testkit/attestation/fakeTarget.js';
import { codesOf, type Shown, verdictOn } from '../../src/testkit/attestation/verdictOn.js';
import { type GatewayRig, startGateway } from '../../src/testkit/gateway/gatewayRig.js';
import { readAsPatch969 } from '../../src/testkit/gateway/patch969.js';
import { startHttp1, startHttp2 } from '../../src/testkit/relay/relayRig.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';
import { certificateFile, certificateOf } from '../../src/testkit/testCertificates.js';

const policy = '{"version":1,"name":"a gateway","require":"bound","statement":{"service":"sealed-prover-gateway"}}';

/** A prover whose calls go well. */
const echo = (t: TestContext) =>
  startHttp2(t, (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.pipe(stream);
  });

async function verdictAt({
  url,
  root,
}: GatewayRig): Promise<{ codes: readonly string[]; spki: Uint8Array | undefined }> {
  const nonce = createHash('sha256').update(url).digest();
  const { status, body, spki } = await ask(`${url}/.well-known/attestation?nonce=${nonce.toString('hex')}`);
  assert.equal(status, 200, body);
  return { codes: codesOf(await verdictOn(JSON.parse(body) as Shown, { nonce, spki }, [root()], policy)), spki };
}

/** Calls, one after the other, over one session, until told to stop. Answers how many went well. */
function keepCalling(url: string): { stop(): Promise<number>; readonly session: ClientHttp2Session; sent(): number } {
  const session = connect(url, { rejectUnauthorized: false });
  let isOver = false;
  let calls = 0;
  const work = (async () => {
    while (!isOver) {
      const stream = session.request({ ':method': 'POST', ':path': '/a.B/C', 'content-type': 'application/grpc' });
      stream.end('some').resume();
      const [trailers] = await once(stream, 'trailers');
      assert.equal(trailers['grpc-status'], '0');
      calls += 1;
    }
    session.close();
    return calls;
  })();
  return {
    session,
    sent: () => calls,
    stop() {
      isOver = true;
      return work;
    },
  };
}

describe('a gateway whose certificate is renewed', { timeout: 600_000 }, () => {
  it('T45: shows the new key under a fresh report at once, and loses no call', async (t) => {
    const folder = temporaryFolder('certificate');
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const put = (name: 'server' | 'server-renewed') => {
      copyFileSync(certificateFile(name), cert);
      copyFileSync(certificateFile(name, 'key'), key);
    };
    put('server');
    const gateway = await startGateway(t, await echo(t), { 'tls-cert': cert, 'tls-key': key });
    const [before, after] = [spkiOfPem(certificateOf('server').cert), spkiOfPem(certificateOf('server-renewed').cert)];
    assert.deepEqual(await verdictAt(gateway), { codes: [], spki: before });
    const callers = Array.from({ length: 4 }, () => keepCalling(gateway.url));
    put('server-renewed');
    // Nobody says when a change of files is noticed.
    let seen = await callGrpc(gateway.url, '/a.B/C');
    while (Buffer.from(seen.spki ?? []).equals(before)) seen = await callGrpc(gateway.url, '/a.B/C');
    assert.deepEqual(seen.spki, after);
    // The first answer by the new key is under a report over that key.
    const hex = Buffer.from(after).toString('hex');
    assert.match(`${seen.headers['attestation-binding']}`, new RegExp(`spki=${hex}`));
    readAsPatch969(`${seen.headers['attestation-report']}`);
    assert.deepEqual(await verdictAt(gateway), { codes: [], spki: after });
    for (const caller of callers) assert.ok((await caller.stop()) > 0);
    // The files are those of the new certificate, as soon as they are quoted.
    await gateway.until(({ event, text }) => event === 'evidence.made' && text.includes('cert-'));
  });

  it('keeps a key of dstack’s over a restart, and makes another one at each start otherwise', async (t) => {
    const agent = await startFakeAgent();
    t.after(() => agent.close());
    const port = await echo(t);
    const keyOf = async (flags: Readonly<Record<string, string>>) => {
      const gateway = await startGateway(t, port, flags);
      const { spki } = await ask(`${gateway.url}/health`);
      await gateway.stop();
      return Buffer.from(spki ?? []).toString('hex');
    };
    const derived = { attest: 'dstack', 'attest-socket': agent.socketPath, tls: 'derived' };
    assert.equal(await keyOf(derived), await keyOf(derived));
    assert.notEqual(await keyOf({}), await keyOf({}));
  });
});

describe('a gateway under load', { timeout: 600_000 }, () => {
  it('T43: tells a flood of questions for evidence to come back, and calls go on', async (t) => {
    const gateway = await startGateway(t, await echo(t));
    const caller = keepCalling(gateway.url);
    const before = caller.sent();
    const nonce = 'cd'.repeat(32);
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => ask(`${gateway.url}/.well-known/attestation?nonce=${nonce}`)),
    );
    const refused = answers.filter(({ status }) => status === 503);
    assert.ok(refused.length > 0);
    for (const { body } of refused) assert.match(body, /QUOTE_BUSY/);
    assert.ok((await caller.stop()) > before);
  });

  it('carries 64 MiB either way, byte for byte', async (t) => {
    const block = Buffer.alloc(1 << 20, 'block');
    const port = await startHttp1(t, async (asked, answer) => {
      const digest = createHash('sha256');
      for await (const chunk of asked) digest.update(chunk as Buffer);
      answer.writeHead(200, { 'seen-digest': digest.digest('hex'), 'content-length': 64 * block.byteLength });
      await pipeline(Readable.from(Array.from({ length: 64 }, () => block)), answer);
    });
    const gateway = await startGateway(t, port);
    const asking = request(`${gateway.url}/`, { method: 'PUT', rejectUnauthorized: false, agent: false });
    const [sent, came] = [createHash('sha256'), createHash('sha256')];
    for (let i = 0; i < 64; i += 1) {
      sent.update(block);
      if (!asking.write(block)) await once(asking, 'drain');
    }
    asking.end();
    const [answer] = await once(asking, 'response');
    for await (const chunk of answer) came.update(chunk as Buffer);
    const expected = sent.digest('hex');
    assert.equal(answer.headers['seen-digest'], expected);
    assert.equal(came.digest('hex'), expected);
  });

  it('T41: a client that leaves ends the work of its prover, through the process', async (t) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const port = await startHttp2(t, (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
      stream.once('close', resolve);
    });
    const gateway = await startGateway(t, port);
    const session = connect(gateway.url, { rejectUnauthorized: false });
    const stream = session.request({ ':method': 'POST', ':path': '/a.B/C', 'content-type': 'application/grpc' });
    await once(
      stream.on('error', () => undefined),
      'response',
    );
    session.destroy();
    await promise;
  });
});

/** Lunal's proxy gives up after thirty seconds. */
const longerThanTheOriginal = 31_000;

it('T40: waits for a proof that takes longer than thirty seconds', { timeout: 600_000 }, async (t) => {
  const port = await startHttp2(t, (stream) => {
    stream.resume();
    holdingClock.wakeIn(longerThanTheOriginal, () => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end('a proof');
    });
  });
  const gateway = await startGateway(t, port);
  const session = connect(gateway.url, { rejectUnauthorized: false });
  t.after(() => session.close());
  const call = session.request({ ':method': 'POST', ':path': '/a.B/Prove', 'content-type': 'application/grpc' });
  const trailers = once(call, 'trailers') as Promise<[Record<string, string>]>;
  call.end('an input');
  assert.equal(await text(call), 'a proof');
  assert.equal((await trailers)[0]['grpc-status'], '0');
});
