// The service with its artifacts in a bucket, over the wire: what goes there, what never does, a fresh machine, and a bucket that is away.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runCli } from '../../src/cli/runCli.js';
import { holdingClock } from '../../src/clock.js';
import { ArtifactType } from '../../src/gen/artifact/artifact_pb.js';
import { type BucketServer, startBucketServer } from '../../src/testkit/bucket/bucketServer.js';
import { scriptedCli } from '../../src/testkit/scriptedCli.js';
import {
  createRequester,
  expectedProof,
  type ServiceRequester,
  stdinOf,
} from '../../src/testkit/service/serviceRequests.js';
import {
  createServiceRig,
  type LogLine,
  type ServiceProcess,
  type ServiceRig,
} from '../../src/testkit/service/serviceRig.js';
import { createArtifact, download, put } from '../../src/testkit/service/serviceUploads.js';

/** Its proof is made while the bucket is away. */
const slow = stdinOf('on a fresh machine');

describe('a service with a bucket', { timeout: 600_000 }, () => {
  let bucket: BucketServer;
  let rig: ServiceRig;
  let service: ServiceProcess;
  const lives: ServiceProcess[] = [];
  let requester: ServiceRequester;
  /** While it is there the proof of `slow` is not made. */
  let held: string;

  before(async () => {
    bucket = await startBucketServer();
    rig = await createServiceRig({
      flags: { 's3-bucket': bucket.bucket, 's3-endpoint': bucket.endpoint, 's3-prefix': 'prover' },
      environment: { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' },
    });
    held = join(rig.folder, 'held');
    const stdinSha256 = createHash('sha256').update(slow).digest('hex');
    rig.changeScript({ rules: [{ on: 'prove', stdinSha256, whileThere: held }] });
    service = await serve();
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

  async function serve(): Promise<ServiceProcess> {
    const life = await rig.serve();
    lives.push(life);
    return life;
  }

  async function uploaded(type: ArtifactType, body: Uint8Array) {
    const { uri, url } = await createArtifact(requester, type);
    assert.equal(await put(url, body), '200');
    return uri;
  }
  const wait = async (requestId: Awaited<ReturnType<ServiceRequester['ask']>>) =>
    (await requester.client.waitProof(requestId)).proofUrl;
  const keysOf = async (kind: string) => (await bucket.keys()).filter((key) => key.startsWith(`prover/${kind}/`));
  const filesOf = (...folders: string[]) =>
    readdirSync(join(rig.data, 'artifacts', ...folders), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );

  it('keeps programs, public inputs and their proofs there, and removes an input when its request has ended', async () => {
    assert.equal((await keysOf('program')).length, 1);
    const stdin = stdinOf('public');
    const uri = await uploaded(ArtifactType.STDIN, stdin);
    assert.deepEqual(await keysOf('stdin'), [`prover/stdin/${uri.slice(-64)}`]);
    const proofUrl = await wait(await requester.ask(uri, { stdinPrivate: false }));
    assert.ok((await download(proofUrl)).body.equals(expectedProof(stdin)));
    const [proofKey] = await keysOf('proof');
    assert.ok((await bucket.read(proofKey ?? '')).body.equals(expectedProof(stdin)));
    // The files go right after the end that the client has seen.
    const looksUntil = holdingClock.steady() + 60_000;
    while ((await keysOf('stdin')).length > 0) assert.ok(holdingClock.steady() < looksUntil, 'the input stays');
  });

  it('never lets a private input or what is proved of it leave the machine', async () => {
    const before = bucket.requests.length;
    const stdin = stdinOf('a private matter');
    const uri = await uploaded(ArtifactType.PRIVATE_STDIN, stdin);
    const proofUrl = await wait(await requester.ask(uri));
    assert.ok((await download(proofUrl)).body.equals(expectedProof(stdin)));
    // No request names the input or the proof, not even to ask for them.
    const later = bucket.requests.slice(before);
    for (const id of [uri.slice(-64), proofUrl.slice(-64)]) assert.ok(later.every(({ key }) => !key.includes(id)));
    assert.ok(later.every(({ method }) => method !== 'PUT'));
    assert.deepEqual(filesOf('scratch'), []);
  });

  it('answers 504 to uploads while the bucket is away, reveals nothing of it, and takes them when it is back', async () => {
    const stdin = stdinOf('later');
    const { uri, url } = await createArtifact(requester, ArtifactType.STDIN);
    for (const fault of ['away', 'unavailable', 'denied'] as const) {
      bucket.fault = fault;
      assert.equal(await put(url, stdin), '504 BUCKET_UNAVAILABLE');
    }
    // A private input needs no bucket, but its program may have to be fetched.
    const privately = await uploaded(ArtifactType.PRIVATE_STDIN, stdinOf('meanwhile'));
    await wait(await requester.ask(privately));
    bucket.fault = undefined;
    assert.equal(await put(url, stdin), '200');
    await wait(await requester.ask(uri, { stdinPrivate: false }));
    await service.until(({ event }) => event === 'bucket.available');
    const spoken = service.lines.filter(({ event }) => event === 'bucket.unavailable');
    assert.equal(spoken.length, 1, 'once for each time that it goes away');
  });

  it('waits with a finished proof until the bucket takes it, also on a machine that has lost its copies', async () => {
    const uri = await uploaded(ArtifactType.STDIN, slow);
    await service.kill();
    rmSync(join(rig.data, 'artifacts', 'bucket'), { recursive: true });
    service = await serve();
    bucket.fault = 'away';
    writeFileSync(held, '');
    const requestId = await requester.ask(uri, { stdinPrivate: false });
    await service.until(({ event, requestId: id }) => event === 'stage.unstored' && id === requestId);
    bucket.fault = undefined;
    await service.until(({ requestId: id, to }) => id === requestId && to === 'proving.running');
    bucket.fault = 'unavailable';
    rmSync(held);
    const isUnproven = ({ event, requestId: id, text }: LogLine) =>
      event === 'stage.unstored' && id === requestId && text.includes('"prove"');
    await service.until(isUnproven);
    bucket.fault = undefined;
    const proofUrl = await wait(requestId);
    assert.ok((await download(proofUrl)).body.equals(expectedProof(slow)));
    const { failure } = (await (await fetch(`${rig.url}/requests/${requestId}`)).json()) as { failure?: unknown };
    assert.equal(failure, undefined);
  });

  it('serves a proof from the bucket when its copy is gone', async () => {
    const stdin = stdinOf('downloaded later');
    const proofUrl = await wait(
      await requester.ask(await uploaded(ArtifactType.STDIN, stdin), { stdinPrivate: false }),
    );
    assert.equal(await service.stop(), 0);
    rmSync(join(rig.data, 'artifacts', 'bucket'), { recursive: true });
    service = await serve();
    const answer = await download(proofUrl, { range: 'bytes=4-' });
    assert.equal(answer.status, 206);
    assert.ok(answer.body.equals(expectedProof(stdin).subarray(4)));
  });

  it('is backed up whole, and restored serves a proof without a bucket', async () => {
    const stdin = stdinOf('of another day');
    const proofUrl = await wait(
      await requester.ask(await uploaded(ArtifactType.STDIN, stdin), { stdinPrivate: false }),
    );
    const [backup, data] = [join(rig.folder, 'backup'), join(rig.folder, 'restored')];
    const made = scriptedCli({ LOGNAME: 'ada' });
    assert.equal(await runCli(['admin', 'backup', backup, '--data', rig.data], made), 0, made.err());
    assert.doesNotMatch(made.out(), /not in it: they went/);
    const restored = scriptedCli({ LOGNAME: 'ada' });
    assert.equal(await runCli(['restore', backup, '--data', data], restored), 0, restored.out());
    const bare = await createServiceRig({ data });
    const other = await bare.serve();
    const { pathname, search } = new URL(proofUrl);
    assert.ok((await download(`${bare.url}${pathname}${search}`)).body.equals(expectedProof(stdin)));
    assert.equal(await other.stop(), 0);
    await bare.end();
  });

  it('has no keys, no credentials and no text of the store in its log', () => {
    const log = lives.flatMap(({ lines }) => lines.map(({ text }) => text)).join('\n');
    assert.doesNotMatch(log, /S3RVER|says no|prover\/(stdin|proof|program)\//);
  });

  it('refuses to start without its bucket, or as the second on one prefix', async () => {
    assert.equal(await service.stop(), 0);
    const bare = await createServiceRig({ data: rig.data });
    await bare
      .spawn()
      .until(({ text }) => /keeps artifacts in --s3-bucket proofs under --s3-prefix prover\//.test(text));
    const second = rig.spawn({ data: join(rig.folder, 'second') });
    await second.until(({ text }) => /belongs to another data folder/.test(text));
    assert.notEqual((await second.exited).code, 0);
    await bare.end();
    service = await serve();
  });
});
