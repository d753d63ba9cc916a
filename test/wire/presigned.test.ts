// Clients that are sent to the bucket itself: what they put there is checked when it is named, and proofs come from there as the SDK
// needs them. What is private goes past the bucket.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ClientError } from '../../src/client/errors.js';
import { holdingClock } from '../../src/clock.js';
import { ArtifactType } from '../../src/gen/artifact/artifact_pb.js';
import { sampleStdin } from '../../src/testkit/artifacts/sampleArtifacts.js';
import { type BucketServer, startBucketServer } from '../../src/testkit/bucket/bucketServer.js';
import {
  createRequester,
  expectedProof,
  type ServiceRequester,
  stdinOf,
} from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { createArtifact, download } from '../../src/testkit/service/serviceUploads.js';
import { bomb, stdinFrames } from '../../src/testkit/zstd/frames.js';
import { unpack } from '../../src/testkit/zstd/unpack.js';

const publicly = { stdinPrivate: false };

describe('presigned URLs', { timeout: 600_000 }, () => {
  let bucket: BucketServer;
  let rig: ServiceRig;
  let service: ServiceProcess;
  let requester: ServiceRequester;

  before(async () => {
    bucket = await startBucketServer();
    rig = await createServiceRig({
      flags: {
        's3-bucket': bucket.bucket,
        's3-endpoint': bucket.endpoint,
        's3-presign': 'on',
        'max-stdin-size': String(2 * 1024 * 1024),
      },
      environment: { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' },
    });
    service = await rig.serve();
    requester = createRequester(rig.url, { clock: holdingClock });
    await requester.register();
  });
  after(async () => {
    requester.close();
    const unexpected = service.lines.filter(({ event }) => event === 'rpc.failed' || event === 'http.failed');
    assert.equal(await service.stop(), 0);
    await rig.end();
    await bucket.stop();
    assert.deepEqual(unexpected, [], 'something was not expected');
  });

  /** As the SDK does it: Content-Length and no other header. */
  async function put(url: URL, body: Uint8Array): Promise<void> {
    const { status } = await fetch(url, { method: 'PUT', body: new Uint8Array(body) });
    assert.equal(status, 200);
  }

  async function newStdin(body: Uint8Array) {
    const created = await createArtifact(requester, ArtifactType.STDIN);
    await put(created.url, body);
    return created;
  }

  const refused = (status: string, text: RegExp) => (error: unknown) => {
    assert.ok(error instanceof ClientError && error.failure.code === 'REFUSED', String(error));
    assert.equal(error.failure.status, status);
    assert.match(error.failure.detail, text);
    return true;
  };
  const incoming = async () => (await bucket.keys()).filter((key) => key.startsWith('incoming/'));

  it('sign the host and nothing that an SDK does not send', async () => {
    for (const type of [ArtifactType.STDIN, ArtifactType.PROGRAM]) {
      const { url } = await createArtifact(requester, type);
      assert.equal(url.origin, bucket.endpoint);
      assert.equal(url.searchParams.get('X-Amz-SignedHeaders'), 'host');
      assert.equal(url.searchParams.get('X-Amz-Expires'), '3600');
      assert.doesNotMatch(url.search, /checksum/i);
    }
    const { url } = await createArtifact(requester, ArtifactType.PRIVATE_STDIN);
    assert.equal(url.origin, rig.url);
  });

  it('are used for programs and inputs, packed or not, and for the proof', async () => {
    // The program was registered through one.
    assert.ok((await bucket.keys()).some((key) => key.startsWith('program/')));
    const [{ bytes: packed }] = stdinFrames;
    const cases = [
      { sent: stdinOf('raw'), raw: stdinOf('raw') },
      { sent: packed, raw: await unpack(packed) },
    ];
    for (const { sent, raw } of cases) {
      const { uri } = await newStdin(sent);
      const requestId = await requester.ask(uri, publicly);
      assert.deepEqual(await incoming(), []);
      const { proofUrl } = await requester.client.waitProof(requestId);
      assert.equal(new URL(proofUrl).origin, bucket.endpoint);
      const answer = await download(proofUrl);
      const proof = expectedProof(raw);
      assert.equal(answer.headers['content-length'], String(proof.byteLength));
      assert.ok(answer.body.equals(proof));
    }
  });

  it('change nothing once the input has been named', async () => {
    const { uri, url } = await newStdin(stdinOf('first'));
    const requestId = await requester.ask(uri, publicly);
    await put(url, stdinOf('other'));
    const { proofUrl } = await requester.client.waitProof(requestId);
    assert.ok((await download(proofUrl)).body.equals(expectedProof(stdinOf('first'))));
  });

  it('are good for their owner only', async () => {
    const other = createRequester(rig.url, { clock: holdingClock, keyByte: 2 });
    const { uri } = await newStdin(stdinOf('owned'));
    await assert.rejects(other.ask(uri, publicly), refused('FAILED_PRECONDITION', /has not been uploaded/));
    other.close();
    await requester.client.waitProof(await requester.ask(uri, publicly));
  });

  it('end in a final refusal where what was put cannot be used', async () => {
    const large = sampleStdin(Buffer.alloc(3 * 1024 * 1024));
    const cases: Array<[Uint8Array, RegExp]> = [
      [Buffer.from('no stdin'), /The stdin cannot be read/],
      [large, /The stdin is larger than the limit/],
      [bomb.bytes, /The stdin (cannot be read|is larger)/],
    ];
    for (const [body, text] of cases)
      await assert.rejects(requester.ask((await newStdin(body)).uri, publicly), refused('INVALID_ARGUMENT', text));
    const { uri } = await createArtifact(requester, ArtifactType.STDIN);
    await assert.rejects(requester.ask(uri, publicly), refused('FAILED_PRECONDITION', /has not been uploaded/));
  });

  it('wait for a bucket that is away, and give way to ours', async () => {
    const { uri } = await newStdin(stdinOf('away'));
    bucket.fault = 'away';
    const asked = requester.ask(uri, publicly);
    await service.until(({ event }) => event === 'bucket.unavailable');
    bucket.fault = undefined;
    const requestId = await asked;
    await service.until(({ requestId: id, to }) => id === requestId && to === 'fulfilled');
    // The proof is there and a copy here: who asks now gets it from us.
    bucket.fault = 'unavailable';
    const { proofUrl } = await requester.client.waitProof(requestId);
    assert.equal(new URL(proofUrl).origin, rig.url);
    assert.ok((await download(proofUrl)).body.equals(expectedProof(stdinOf('away'))));
    bucket.fault = undefined;
  });

  it('are not for private inputs, nor for their proofs', async () => {
    const before = bucket.requests.length;
    const uri = await requester.uploadStdin(stdinOf('private'));
    const { proofUrl } = await requester.client.waitProof(await requester.ask(uri));
    assert.equal(new URL(proofUrl).origin, rig.url);
    assert.ok((await download(proofUrl)).body.equals(expectedProof(stdinOf('private'))));
    // An input of before may still be on its way out.
    const later = bucket.requests.slice(before);
    for (const id of [uri.slice(-64), proofUrl.slice(-64)]) assert.ok(later.every(({ key }) => !key.includes(id)));
    assert.ok(later.every(({ method }) => method !== 'PUT'));
  });
});
