// Sealed bodies to the gateway: any prover behind it, and something before it that ends TLS.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { ask, callGrpc } from '../../src/testkit/attestation/askService.js';
import { startGateway } from '../../src/testkit/gateway/gatewayRig.js';
import { startHttp1, startHttp2 } from '../../src/testkit/relay/relayRig.js';
import { askSealed, callSealed } from '../../src/testkit/sealed/askSealed.js';
import { startCapture } from '../../src/testkit/sealed/middlebox.js';
import { bodyKeyOf } from '../../src/testkit/sealed/sealedSdk.js';

const portOf = (url: string) => Number(new URL(url).port);

describe('attest gateway with sealed bodies', { timeout: 600_000 }, () => {
  it('T10: what ends TLS before it captures no byte of a witness, which the prover gets as it was', async (t) => {
    const got: Buffer[] = [];
    const prover = await startHttp1(t, async (request, response) => {
      got.push(await buffer(request));
      assert.equal(request.headers['sealed-body'], undefined);
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(got.at(-1));
    });
    const gateway = await startGateway(t, prover);
    const key = await bodyKeyOf(gateway.url);
    const capture = await startCapture(t, portOf(gateway.url), true);
    const witness = randomBytes(300_000);
    const answered = await askSealed(capture.url, key, { method: 'POST', path: '/prove?a=1', body: witness });
    assert.equal(answered.status, 200);
    assert.ok((await answered.body()).equals(witness));
    assert.ok(got[0]?.equals(witness));
    const seen = capture.seen();
    assert.ok(seen.byteLength > 600_000);
    for (let at = 0; at < witness.byteLength; at += 16) assert.ok(!seen.includes(witness.subarray(at, at + 16)));
  });

  it('seals calls with their trailers, refusals of the prover, and its own', async (t) => {
    const prover = await startHttp2(t, (stream, headers) => {
      if (headers[':path'] === '/a.B/Refuse')
        return stream.respond(
          { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '7' },
          { endStream: true },
        );
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'x-more': 'yes' }));
      stream.pipe(stream);
    });
    const gateway = await startGateway(t, prover);
    const key = await bodyKeyOf(gateway.url);
    const called = await callSealed(gateway.url, key, { path: '/a.B/C', body: Buffer.from('a witness') });
    assert.equal(String((await called.body()).subarray(5)), 'a witness');
    assert.deepEqual([called.trailers['grpc-status'], called.trailers['x-more']], ['0', 'yes']);
    const refused = await callSealed(gateway.url, key, { path: '/a.B/Refuse' });
    assert.equal((await refused.body()).byteLength, 0);
    assert.equal(refused.headers['grpc-status'], '7');
    const own = await askSealed(gateway.url, key, { method: 'POST', path: '/evidences/nothing' });
    assert.equal(own.status, 404);
    assert.match(String(await own.body()), /NOT_FOUND/);
  });

  it('T34: takes sealed bodies alone where that is asked for, and T32: none that was changed', async (t) => {
    let heard = 0;
    const prover = await startHttp1(t, async (request, response) => {
      const body = await buffer(request).catch(() => undefined);
      if (body !== undefined) heard += 1;
      response.end('ok');
    });
    const gateway = await startGateway(t, prover, { 'sealed-bodies': 'require' });
    const key = await bodyKeyOf(gateway.url);
    const clear = await ask(`${gateway.url}/prove`, { method: 'POST' });
    assert.deepEqual([clear.status, JSON.parse(clear.body).error.code], [403, 'BODY_NOT_SEALED']);
    assert.equal((await callGrpc(gateway.url, '/a.B/C')).status, 9);
    assert.equal(heard, 0);
    const spoil = (sealed: Buffer) => sealed.subarray(0, -20);
    const body = randomBytes(65_536);
    const cut = await askSealed(gateway.url, key, {
      method: 'POST',
      path: '/prove',
      body: Buffer.concat([body, body]),
      spoil,
    });
    assert.ok(cut.status >= 400);
    assert.match(String(await cut.body()), /BODY_TRUNCATED|BODY_MALFORMED/);
    assert.equal(heard, 0, 'a cut body is no shorter body to the prover');
    assert.equal((await askSealed(gateway.url, key, { method: 'POST', path: '/prove', body })).status, 200);
    assert.equal(heard, 1);
  });
});
