// Sealed bodies against a real service, with a middlebox in between that reads, changes and cuts whatever passes.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { request } from 'node:https';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { holdingClock } from '../../src/clock.js';
import { FailureError } from '../../src/failures/failureError.js';
import { ArtifactStore, ArtifactType } from '../../src/gen/artifact/artifact_pb.js';
import { ProverNetwork } from '../../src/gen/network/network_pb.js';
import { sampleStdin } from '../../src/testkit/artifacts/sampleArtifacts.js';
import { ask, callGrpc } from '../../src/testkit/attestation/askService.js';
import { askSealed, callSealed, type SealedAnswered } from '../../src/testkit/sealed/askSealed.js';
import { type Relayed, startCapture, startSpoiler } from '../../src/testkit/sealed/middlebox.js';
import { bodyKeyOf, call, type Proven, prove } from '../../src/testkit/sealed/sealedSdk.js';
import { createRequester, expectedProof, type ServiceRequester } from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';

const fillerBytes = 200_000;

/** No 16 bytes in a row of `secret` are in what was seen. */
function sees(seen: Buffer, secret: Buffer): boolean {
  for (let at = 0; at + 16 <= secret.byteLength; at += 16) if (seen.includes(secret.subarray(at, at + 16))) return true;
  return false;
}

const without = (headers: Relayed['headers'], name: string): Relayed['headers'] =>
  Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name));

const codeOf = (answered: SealedAnswered): Promise<string> =>
  answered.body().then(
    () => 'opened',
    (error: unknown) => (error instanceof FailureError ? error.failure.code : String(error)),
  );

describe('sealed bodies', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let requester: ServiceRequester;
  let proven: Proven;
  /** Asked for once a start: evidence is rate-limited. */
  let key: Uint8Array;
  before(async () => {
    rig = await createServiceRig({ flags: { attest: 'dev' }, script: { proofFillerBytes: fillerBytes } });
    service = await rig.serve();
    key = await bodyKeyOf(rig.url);
    requester = createRequester(rig.url, { clock: holdingClock });
    await requester.register();
  });
  after(async () => {
    requester.close();
    const unexpected = service.lines.filter(({ event }) => event === 'rpc.failed' || event === 'http.failed');
    await rig.end();
    assert.deepEqual(unexpected, []);
  });

  it('T10: pass a proxy that ends TLS, which captures no byte of the witness or of the proof', async (t) => {
    const capture = await startCapture(t, rig.port);
    const witness = randomBytes(150_000);
    const stdin = sampleStdin(witness);
    proven = await prove({ url: capture.url, key }, requester, stdin);
    assert.ok(proven.proof.equals(expectedProof(stdin, fillerBytes)));
    const seen = capture.seen();
    assert.ok(seen.byteLength > 300_000);
    assert.equal(sees(seen, witness), false);
    assert.equal(seen.includes(proven.proof.subarray(-32)), false);
    // What the same search finds of a body in clear.
    const clear = await startCapture(t, rig.port);
    const created = await call({ url: rig.url, key }, ArtifactStore.method.createArtifact, {
      signature: requester.context.signerFor('').signArtifactCreation(),
      artifactType: ArtifactType.PRIVATE_STDIN,
    });
    const { pathname, search } = new URL(created.artifactPresignedUrl);
    const sending = request(`${clear.url}${pathname}${search}`, { method: 'PUT', rejectUnauthorized: false }).end(
      stdin,
    );
    const [response] = (await once(sending, 'response')) as [IncomingMessage];
    assert.equal(response.resume().statusCode, 200);
    assert.equal(sees(clear.seen(), witness), true);
  });

  const flip = (at: number) => (answer: Relayed) => {
    const body = Buffer.from(answer.body);
    body[at] = (body[at] ?? 0) ^ 1;
    return { ...answer, body };
  };
  const frame = 65_536 + 20;
  const spoilt: ReadonlyArray<readonly [what: string, (answer: Relayed) => Relayed, code: string]> = [
    ['untouched', (answer) => answer, 'opened'],
    [
      'its nonce stripped',
      (answer) => ({ ...answer, headers: without(answer.headers, 'sealed-body') }),
      'RESPONSE_NOT_SEALED',
    ],
    [
      'a refusal in clear instead',
      () => ({ status: 404, headers: { 'content-type': 'application/json' }, body: Buffer.from('{"error":{}}') }),
      'RESPONSE_NOT_SEALED',
    ],
    ['another status', (answer) => ({ ...answer, status: 206 }), 'BODY_MALFORMED'],
    [
      'another content type',
      (answer) => ({ ...answer, headers: { ...answer.headers, 'content-type': 'text/plain' } }),
      'BODY_MALFORMED',
    ],
    [
      'another nonce',
      (answer) => ({ ...answer, headers: { ...answer.headers, 'sealed-body': `v=1; nonce=${'ab'.repeat(32)}` } }),
      'BODY_MALFORMED',
    ],
    ['a bit flipped', flip(frame + 1000), 'BODY_MALFORMED'],
    ['a length flipped', flip(frame + 3), 'BODY_MALFORMED'],
    [
      'two frames swapped',
      ({ body, ...answer }) => ({
        ...answer,
        body: Buffer.concat([body.subarray(frame, 2 * frame), body.subarray(0, frame), body.subarray(2 * frame)]),
      }),
      'BODY_MALFORMED',
    ],
    [
      'its last frame dropped',
      ({ body, ...answer }) => ({ ...answer, body: body.subarray(0, 3 * frame) }),
      'BODY_TRUNCATED',
    ],
    [
      'a cut within a frame',
      ({ body, ...answer }) => ({ ...answer, body: body.subarray(0, 2 * frame + 77) }),
      'BODY_TRUNCATED',
    ],
    ['nothing in it', (answer) => ({ ...answer, body: Buffer.alloc(0) }), 'BODY_TRUNCATED'],
    [
      'bytes behind its last frame',
      ({ body, ...answer }) => ({ ...answer, body: Buffer.concat([body, Buffer.of(0)]) }),
      'BODY_MALFORMED',
    ],
    [
      'a frame behind its last frame',
      ({ body, ...answer }) => ({ ...answer, body: Buffer.concat([body, body.subarray(0, frame)]) }),
      'BODY_MALFORMED',
    ],
  ];
  for (const [what, spoil, code] of spoilt)
    it(`T32: an answer with ${what} is ${code === 'opened' ? 'taken' : `refused: ${code}`}`, async (t) => {
      const between = await startSpoiler(t, rig.port);
      between.spoil = spoil;
      const answered = await askSealed(between.url, key, {
        method: 'POST',
        path: proven.proofPath,
      });
      assert.equal(await codeOf(answered), code);
    });

  it('T32: a request that was changed or cut on its way is refused, sealed, and nothing of it is kept', async () => {
    const to = { url: rig.url, key };
    const stdin = sampleStdin(randomBytes(200_000));
    const spoils: Record<string, readonly [(sealed: Buffer) => Uint8Array, code: string]> = {
      'a bit flipped': [(sealed) => Buffer.concat([sealed.subarray(0, -1), Buffer.of(1)]), 'BODY_MALFORMED'],
      'swapped frames': [
        (sealed) =>
          Buffer.concat([sealed.subarray(frame, 2 * frame), sealed.subarray(0, frame), sealed.subarray(2 * frame)]),
        'BODY_MALFORMED',
      ],
      'the last frame missing': [(sealed) => sealed.subarray(0, 3 * frame), 'BODY_TRUNCATED'],
      'a cut within a frame': [(sealed) => sealed.subarray(0, 3 * frame + 9), 'BODY_TRUNCATED'],
      'bytes behind the last': [(sealed) => Buffer.concat([sealed, Buffer.alloc(30)]), 'BODY_MALFORMED'],
    };
    const created = await call(to, ArtifactStore.method.createArtifact, {
      signature: requester.context.signerFor('').signArtifactCreation(),
      artifactType: ArtifactType.PRIVATE_STDIN,
    });
    const { pathname, search } = new URL(created.artifactPresignedUrl);
    const path = `${pathname}${search}`;
    for (const [what, [spoil, code]] of Object.entries(spoils)) {
      const refused = await askSealed(rig.url, key, { path, body: stdin, spoil });
      assert.equal(refused.status, 400, what);
      assert.equal(JSON.parse(String(await refused.body())).error.code, code, what);
    }
    // Under another path than it was sealed for: the right to upload is in the query.
    const moved = await askSealed(rig.url, key, { path: `${path}&x=1`, body: stdin });
    assert.deepEqual([moved.status, JSON.parse(String(await moved.body())).error.code], [403, 'ARTIFACT_FORBIDDEN']);
    assert.equal((await askSealed(rig.url, key, { path, body: stdin })).status, 200);

    const message = toBinary(
      ProverNetwork.method.getProofRequestStatus.input,
      create(ProverNetwork.method.getProofRequestStatus.input, { requestId: randomBytes(32) }),
    );
    const method = '/network.ProverNetwork/GetProofRequestStatus';
    const calls: Record<string, readonly [(sealed: Buffer) => Uint8Array, said: RegExp]> = {
      'a bit flipped': [(sealed) => Buffer.concat([sealed.subarray(0, -1), Buffer.of(1)]), /cannot be opened/],
      'the last frame missing': [() => Buffer.alloc(0), /cut on its way/],
      'bytes behind the last': [(sealed) => Buffer.concat([sealed, sealed]), /cannot be opened/],
    };
    for (const [what, [spoil, said]] of Object.entries(calls)) {
      const refused = await callSealed(rig.url, key, { path: method, body: message, spoil });
      assert.equal((await refused.body()).byteLength, 0, what);
      assert.equal(refused.trailers['grpc-status'], '3', what);
      assert.match(decodeURIComponent(refused.trailers['grpc-message'] ?? ''), said, what);
    }
  });

  it('have sealed refusals: of routes, of calls, and of nonces that cannot be quoted', async () => {
    for (const [path, status, code] of [
      ['/nothing', 404, 'NOT_FOUND'],
      [`/artifacts/${'ab'.repeat(32)}`, 404, 'ARTIFACT_NOT_FOUND'],
    ] as const) {
      const refused = await askSealed(rig.url, key, { method: 'POST', path });
      assert.deepEqual([refused.status, JSON.parse(String(await refused.body())).error?.code], [status, code], path);
    }
    const headers = { 'attestation-nonce': 'none' };
    const nonce = await askSealed(rig.url, key, { method: 'POST', path: '/health', headers });
    assert.deepEqual([nonce.status, JSON.parse(String(await nonce.body())).error.code], [400, 'NONCE_MALFORMED']);
    const unknown = await callSealed(rig.url, key, { path: '/no.Such/Method' });
    assert.equal((await unknown.body()).byteLength, 0);
    assert.equal(unknown.trailers['grpc-status'], '12');
    // A fresh report beside a sealed body is as good as any.
    const asked = { 'attestation-nonce': 'ab'.repeat(32) };
    const healthy = await callSealed(rig.url, key, { path: '/grpc.health.v1.Health/Check', headers: asked });
    assert.deepEqual([...(await healthy.body())], [0, 0, 0, 0, 2, 8, 1]);
    assert.match(String(healthy.headers['attestation-binding']), /body=[0-9a-f]{64}; nonce=(ab){32};/);
  });

  it('T33: the key of the last start is refused as unknown, calls and artifacts alike', async () => {
    await service.stop();
    service = await rig.serve();
    const last = key;
    key = await bodyKeyOf(rig.url);
    assert.notDeepEqual(key, last);
    const put = await askSealed(rig.url, last, { path: '/artifacts/ab', body: Buffer.from('x') });
    const called = await callSealed(rig.url, last, { path: '/grpc.health.v1.Health/Check' });
    for (const refused of [put, called]) {
      assert.deepEqual([refused.status, refused.headers['content-type']], [422, 'application/problem+json']);
      assert.equal((JSON.parse(String(refused.raw)) as { code: string }).code, 'BODY_KEY_UNKNOWN');
      assert.equal(await codeOf(refused), 'RESPONSE_NOT_SEALED');
    }
    assert.equal(
      (await callSealed(rig.url, key, { path: '/grpc.health.v1.Health/Check' })).trailers['grpc-status'],
      '0',
    );
  });

  it('are still taken in clear from those who do not seal', async () => {
    assert.equal((await callGrpc(rig.url, '/grpc.health.v1.Health/Check')).status, 0);
  });
});

describe('a service that takes sealed bodies alone', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  before(async () => {
    rig = await createServiceRig({ flags: { attest: 'dev', 'sealed-bodies': 'require' } });
    await rig.serve();
  });
  after(() => rig.end());

  it('T34: refuses a body in clear before it is read, and serves what has none', async () => {
    // A body is announced, and never sent.
    const socket = connect(rig.port, '127.0.0.1');
    socket.write(`PUT /artifacts/${'ab'.repeat(32)} HTTP/1.1\r\nhost: h\r\ncontent-length: 1000000\r\n\r\n`);
    const [head] = (await once(socket, 'data')) as [Buffer];
    assert.match(String(head), /^HTTP\/1\.1 403 [\s\S]*BODY_NOT_SEALED/);
    socket.destroy();

    const session = connectHttp2(rig.url);
    const stream = session.request(
      { ':method': 'PUT', ':path': `/artifacts/${'ab'.repeat(32)}` },
      { endStream: false },
    );
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    assert.equal(headers[':status'], 403);
    session.destroy();

    const called = await callGrpc(rig.url, '/grpc.health.v1.Health/Check');
    assert.equal(called.status, 9);
    assert.match(decodeURIComponent(String(called.headers['grpc-message'])), /Only sealed bodies are taken here/);
    assert.equal((await ask(`${rig.url}/health`)).status, 200);

    const key = await bodyKeyOf(rig.url);
    const sealed = await callSealed(rig.url, key, { path: '/grpc.health.v1.Health/Check' });
    assert.deepEqual([sealed.trailers['grpc-status'], (await sealed.body()).byteLength], ['0', 7]);
  });

  it('does not start where nothing quotes its key', async () => {
    const other = await createServiceRig({ flags: { 'sealed-bodies': 'require', attest: 'auto' } });
    const process = other.spawn();
    assert.notEqual((await process.exited).code, 0);
    assert.match(process.lines.map(({ text }) => text).join('\n'), /nothing here quotes their key/);
    await other.end();
  });
});
