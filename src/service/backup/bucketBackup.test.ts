// A backup of a service with a bucket: what it fetches, what becomes of it elsewhere, and a bucket that is away, is wrong, or has lost something.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { createDirectoryBackend } from '../../artifacts/directory.js';
import type { ArtifactBackend, ArtifactRef } from '../../artifacts/port.js';
import { createS3Backend, objectKeyOf } from '../../artifacts/s3/backend.js';
import { claimBucket } from '../../artifacts/s3/claim.js';
import type { SteadyMs } from '../../clock.js';
import type { Address, ArtifactId } from '../../ids.js';
import { createLog } from '../../log.js';
import { openStore } from '../../store/environment.js';
import { createLayout } from '../../storedBytes/layout.js';
import { sampleProgram, sampleStdin } from '../../testkit/artifacts/sampleArtifacts.js';
import { type BucketServer, openBucket, startBucketServer } from '../../testkit/bucket/bucketServer.js';
import { sampleArtifactId } from '../../testkit/sampleIds.js';
import { temporaryFolder } from '../../testkit/temporaryFolder.js';
import { createWorld, requester, type World } from '../../testkit/world/world.js';
import { checkData } from './checkData.js';
import { type BackupParameters, makeBackup } from './makeBackup.js';
import { restoreBackup } from './restoreBackup.js';

const prefix = 'service-1/';
const program = { kind: 'program', private: false } as const;
const stdin = { kind: 'stdin', private: false } as const;
const proof = { kind: 'proof', private: false } as const;
const uploads = { threads: 1, concurrent: 2 };
const never = new AbortController().signal;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const bytes = { program: sampleProgram(), stdin: sampleStdin(Buffer.from('CANARY-OF-AN-INPUT')) };

interface Rig {
  readonly world: World;
  readonly server: BucketServer;
  /** What a service hands over. */
  readonly parts: BackupParameters;
  /** Of the one request that was proved, and of the two owners' program. */
  readonly refs: { readonly proof: ArtifactRef; readonly program: ArtifactRef; readonly stdin: ArtifactRef };
  readonly proofBytes: Buffer;
  /** Another proof of a request that is long over. */
  addProof(content: Buffer): Promise<ArtifactRef>;
}

/** One proved and one open request, whose artifacts are in the bucket alone. */
async function rigWithBucket(t: TestContext): Promise<Rig> {
  const [server, world] = [await startBucketServer(), await createWorld()];
  const bucket = openBucket(server, prefix);
  const { store, folder, layout } = world;
  const backend = createS3Backend({ folder, uploads, bucket, cacheBytes: 0 });
  t.after(async () => {
    await backend.close();
    await world.end();
    await server.stop();
  });
  await claimBucket(bucket, { bucket: server.bucket, prefix }, store);
  const upload = async (place: typeof program | typeof stdin, owner: Address): Promise<ArtifactRef> => {
    const id = sampleArtifactId();
    const limits = { limitBytes: 1e9, announcedBytes: undefined };
    const body = () => Readable.from([new Uint8Array(bytes[place.kind])]);
    const record = await world.assembly.catalog.upload(
      { id, ...place, owner, expiresAt: 0 },
      {
        receive: (nameFile) => backend.receive(id, place, body(), limits, never, nameFile),
        measure: () => Promise.reject(),
        announcedBytes: undefined,
      },
    );
    return { ...record, id: record.fileId ?? id };
  };
  await upload(program, '55'.repeat(20) as Address);
  const ofProgram = await upload(program, requester);
  const ofStdin = await upload(stdin, requester);
  await world.submit({ stdinId: ofStdin.id, stdinPrivate: false });
  await world.prove(0);
  const ended = world.seen.findLast(({ state }) => state === 'fulfilled');
  assert.ok(ended?.state === 'fulfilled');
  const local = layout.final(ended.proof.id, 'proof').path;
  const proofBytes = readFileSync(local);
  rmSync(local);
  const putProof = async (id: ArtifactId, content: Buffer, references: readonly string[]) => {
    const ref = await backend.put(id, proof, content);
    const { sha256, sizeBytes } = ref;
    const record = { ...proof, sha256, sizeBytes, owner: requester, storedAt: 0, references };
    await store.write((tx) => tx.put('artifacts', [id], record));
    return ref;
  };
  const ofProof = await putProof(ended.proof.id, proofBytes, [ended.request.requestId]);
  return {
    world,
    server,
    parts: {
      ...world,
      ...world.assembly,
      data: folder,
      bucket,
      signal: never,
      version: '0.0.0',
      log: createLog('silent'),
    },
    refs: { proof: ofProof, program: ofProgram, stdin: ofStdin },
    proofBytes,
    addProof: (content) => putProof(sampleArtifactId(), content, []),
  };
}

const free = () => join(temporaryFolder('backup'), 'here');
const leavesNothing = (folder: string) => assert.deepEqual([folder, `${folder}.partial`].filter(existsSync), []);
const asked = (server: BucketServer, id: ArtifactId) => server.requests.filter(({ key }) => key.endsWith(id)).length;

async function restored(folder: string): Promise<string> {
  const data = join(temporaryFolder('restored'), 'data');
  const { problems } = await restoreBackup({ folder, data }, { now: () => 1, turn });
  assert.deepEqual(problems, []);
  const store = await openStore(join(data, 'store'));
  const layout = createLayout(join(data, 'artifacts'));
  for await (const problem of checkData({ store, layout, turn, isDeep: true, hasBucket: false }))
    assert.fail(problem.sentence);
  await store.close();
  return data;
}

async function readsIn(backend: ArtifactBackend, { refs, proofBytes }: Rig): Promise<void> {
  assert.ok((await backend.read(refs.proof, proof)).equals(proofBytes));
  assert.ok((await backend.read(refs.program, program)).equals(bytes.program));
  await backend.close();
}

describe('a backup of a service with a bucket', () => {
  it('has its programs and proofs, and is served elsewhere without one, or with a prefix of its own', async (t) => {
    const rig = await rigWithBucket(t);
    const { server, parts, refs } = rig;
    const folder = free();
    const before = asked(server, refs.program.id);
    const report = await makeBackup(parts, { folder, withInputs: false });
    assert.deepEqual([report.left, report.openRequests], [0, 1]);
    assert.equal(asked(server, refs.program.id), before + 1, 'the file of two owners, once');
    assert.ok(!existsSync(join(folder, 'artifacts', 'stdin', refs.stdin.id.slice(-2))));
    const data = await restored(folder);
    await readsIn(createDirectoryBackend({ folder: data, uploads }), rig);

    const store = await openStore(join(data, 'store'));
    t.after(() => store.close());
    assert.equal(store.get('meta', 'bucket'), undefined);
    const again = (ownPrefix: string) =>
      claimBucket(openBucket(server, ownPrefix), { bucket: server.bucket, prefix: ownPrefix }, store);
    await again('restored/');
    const requests = server.requests.length;
    const bucket = openBucket(server, 'restored/');
    await readsIn(createS3Backend({ folder: data, uploads, bucket, cacheBytes: 1e9 }), rig);
    assert.equal(server.requests.length, requests, 'what is here is not asked for there');
  });

  it('does not let what is restored have the prefix of the service that goes on', async (t) => {
    const { server, parts } = await rigWithBucket(t);
    const folder = free();
    await makeBackup(parts, { folder, withInputs: true });
    const store = await openStore(join(await restored(folder), 'store'));
    t.after(() => store.close());
    const claim = claimBucket(openBucket(server, prefix), { bucket: server.bucket, prefix }, store);
    await assert.rejects(claim, /belongs to another data folder/);
  });

  it('has the inputs of open requests where they are asked for', async (t) => {
    const { parts, refs } = await rigWithBucket(t);
    const folder = free();
    await makeBackup(parts, { folder, withInputs: true });
    const backend = createDirectoryBackend({ folder: await restored(folder), uploads });
    assert.ok((await backend.read(refs.stdin, stdin)).equals(bytes.stdin));
    await backend.close();
  });

  it('is not made while the bucket does not answer or breaks off, and leaves nothing then', async (t) => {
    const { server, parts, addProof } = await rigWithBucket(t);
    // Too little to be waited for: time stands still here.
    await addProof(Buffer.alloc(600_000, 1));
    for (const fault of ['away', 'unavailable', 'denied', 'cut'] as const) {
      const folder = free();
      server.fault = fault;
      const making = makeBackup(parts, { folder, withInputs: false });
      await assert.rejects(
        making,
        /^BackupError: No backup was made: the bucket of artifacts cannot be reached/,
        fault,
      );
      leavesNothing(folder);
    }
    server.fault = undefined;
    assert.equal((await makeBackup(parts, { folder: free(), withInputs: false })).left, 0);
  });

  it('leaves an object that is gone, and counts it', async (t) => {
    const { server, parts, refs } = await rigWithBucket(t);
    await openBucket(server, prefix).remove(objectKeyOf(refs.proof.id, 'proof'));
    const folder = free();
    assert.equal((await makeBackup(parts, { folder, withInputs: false })).left, 1);
    const data = join(temporaryFolder('restored'), 'data');
    const { problems } = await restoreBackup({ folder, data }, { now: () => 1, turn });
    assert.deepEqual(
      problems.map(({ code, id }) => [code, id]),
      [['FILE_MISSING', refs.proof.id]],
    );
  });

  it('takes no other bytes than were stored, whether as many or not', async (t) => {
    const { server, parts, refs } = await rigWithBucket(t);
    for (const sizeBytes of [refs.proof.sizeBytes, refs.proof.sizeBytes + 1]) {
      await openBucket(server, prefix).putText(objectKeyOf(refs.proof.id, 'proof'), 'x'.repeat(sizeBytes));
      const folder = free();
      const making = makeBackup(parts, { folder, withInputs: false });
      await assert.rejects(
        making,
        new RegExp(`the object of proof ${refs.proof.id} in the bucket is not what was stored`),
      );
      leavesNothing(folder);
    }
  });

  it('asks the bucket for nothing where there is no room, and never for what is private', async (t) => {
    const { world, server, parts } = await rigWithBucket(t);
    const [huge, lost] = [sampleArtifactId(), sampleArtifactId()];
    await world.upload(lost, requester, 'private');
    rmSync(world.layout.final(lost, 'stdin').path);
    const record = world.store.get('artifacts', lost);
    assert.ok(record);
    const made = await makeBackup(parts, { folder: free(), withInputs: true });
    assert.equal(made.left, 1);
    assert.equal(asked(server, lost), 0);
    await world.store.write((tx) => tx.put('artifacts', [huge], { ...record, ...proof, sizeBytes: 1e15 }));
    const requests = server.requests.length;
    const folder = free();
    await assert.rejects(makeBackup(parts, { folder, withInputs: false }), /bytes free, 2\d{15} are needed/);
    assert.equal(server.requests.length, requests);
    leavesNothing(folder);
  });

  it('fetches 50 MB a second at most, and stops with the service', async (t) => {
    const { parts, addProof } = await rigWithBucket(t);
    await addProof(Buffer.alloc(12_000_000, 1));
    // Time passes in its waits alone.
    let now = 0;
    const stopping = new AbortController();
    let whileWaiting = () => {};
    const clock = {
      ...parts.clock,
      now: () => 1,
      turn,
      steady: () => now as SteadyMs,
      wakeIn(ms: number, wake: () => void) {
        now += ms;
        whileWaiting();
        queueMicrotask(wake);
        return () => {};
      },
    };
    const paced = { ...parts, clock, signal: stopping.signal };
    await makeBackup(paced, { folder: free(), withInputs: false });
    assert.ok(now >= 200 && now <= 250, `${now} ms`);
    whileWaiting = () => stopping.abort();
    const folder = free();
    await assert.rejects(makeBackup(paced, { folder, withInputs: false }), { name: 'AbortError' });
    leavesNothing(folder);
  });
});
