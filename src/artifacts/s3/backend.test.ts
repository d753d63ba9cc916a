// The S3 backend against a store on a real port: the contract of all backends, and what a store that fails, a fresh machine and a
// small disk add to it.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { ArtifactId, Sha256 } from '../../ids.js';
import { openStore } from '../../store/environment.js';
import { describeArtifactBackend, failsWith } from '../../testkit/artifacts/artifactContract.js';
import { sampleProgram, sampleStdin } from '../../testkit/artifacts/sampleArtifacts.js';
import { type BucketServer, openBucket, startBucketServer } from '../../testkit/bucket/bucketServer.js';
import { sampleArtifactId } from '../../testkit/sampleIds.js';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';
import { createCatalog } from '../catalog.js';
import { createDirectoryBackend } from '../directory.js';
import type { ArtifactBackend } from '../port.js';
import { createS3Backend } from './backend.js';

const uploads = { threads: 1, concurrent: 3 };
const prefix = 'service-1/';
const never = new AbortController().signal;
const limits = { limitBytes: 1e9, announcedBytes: undefined };
const stdin = { kind: 'stdin', private: false } as const;
const proof = { kind: 'proof', private: false } as const;
const newFolder = () => mkdtemp(join(tmpdir(), 'sealed-s3-'));
const scratchOf = (folder: string) => readdir(join(folder, 'artifacts', 'scratch'));
const factsOf = (bytes: Uint8Array) => ({
  sha256: createHash('sha256').update(bytes).digest('hex') as Sha256,
  sizeBytes: bytes.byteLength,
});

const backendOver = (server: BucketServer, folder: string, cacheBytes = 1e9): ArtifactBackend =>
  createS3Backend({ folder, uploads, bucket: openBucket(server, prefix), cacheBytes });

for (const isPrivate of [false, true]) {
  describeArtifactBackend(`the S3 backend, ${isPrivate ? 'private' : 'public'} artifacts`, isPrivate, async () => {
    const [server, folder] = [await startBucketServer(), await newFolder()];
    const backend = backendOver(server, folder);
    return {
      backend,
      leftovers: () => scratchOf(folder),
      async cleanUp() {
        await backend.close();
        // Listing is all that the store hears of while everything is private.
        if (isPrivate) assert.deepEqual(new Set(server.requests.map(({ key }) => key)), new Set(['']));
        await server.stop();
        await rm(folder, { recursive: true });
      },
    };
  });
}

describe('the S3 backend', () => {
  let server: BucketServer;
  let folders: string[];
  let backends: ArtifactBackend[];

  beforeEach(async () => {
    server = await startBucketServer();
    folders = [];
    backends = [];
  });
  afterEach(async () => {
    for (const backend of backends) await backend.close();
    await server.stop();
    for (const folder of folders) await rm(folder, { recursive: true });
  });

  /** A machine with nothing on it. */
  async function machine(cacheBytes?: number): Promise<{ backend: ArtifactBackend; folder: string }> {
    const folder = await newFolder();
    const backend = backendOver(server, folder, cacheBytes);
    folders.push(folder);
    backends.push(backend);
    return { backend, folder };
  }

  const receive = (backend: ArtifactBackend, id: ArtifactId, bytes: Uint8Array) =>
    backend.receive(id, stdin, Readable.from([new Uint8Array(bytes)]), limits, never);
  const copyOf = (folder: string, id: ArtifactId, kind = 'stdin') =>
    join(folder, 'artifacts', 'bucket', kind, id.slice(-2), id);

  it('puts an object in one request, with its digest signed and noted', async () => {
    const { backend } = await machine();
    const id = sampleArtifactId();
    const bytes = sampleStdin(Buffer.alloc(3_000_000, 1));
    await receive(backend, id, bytes);
    const puts = server.requests.filter(({ method }) => method === 'PUT');
    assert.equal(puts.length, 1);
    const [{ key, headers }] = puts as [(typeof puts)[0]];
    assert.equal(key, `${prefix}stdin/${id}`);
    const { sha256 } = factsOf(bytes);
    assert.equal(headers['x-amz-content-sha256'], sha256);
    assert.match(headers.authorization ?? '', /SignedHeaders=[^,]*x-amz-content-sha256/);
    assert.equal(headers['x-amz-meta-sha256'], sha256);
    assert.equal(headers['content-length'], String(bytes.byteLength));
    for (const name of Object.keys(headers)) assert.doesNotMatch(name, /checksum|trailer/);
    assert.ok((await server.read(key)).body.equals(bytes));
  });

  it('leaves nothing of an upload that breaks off on its way into the bucket, and takes it whole afterwards', async () => {
    const { backend, folder } = await machine();
    const id = sampleArtifactId();
    const bytes = sampleStdin(Buffer.alloc(3_000_000, 2));
    for (const fault of ['cut', 'away', 'unavailable', 'denied'] as const) {
      server.fault = fault;
      await assert.rejects(receive(backend, id, bytes), failsWith('BUCKET_UNAVAILABLE'));
      server.fault = undefined;
      assert.equal((await server.read(`${prefix}stdin/${id}`)).status, 404, fault);
      assert.deepEqual(await scratchOf(folder), []);
      assert.ok(!existsSync(copyOf(folder, id)));
    }
    assert.deepEqual(await receive(backend, id, bytes), { id, ...factsOf(bytes) });
  });

  it('gives a fresh machine what is in the bucket, after it has compared the digest', async () => {
    const bytes = sampleStdin(Buffer.alloc(3_000_000, 3));
    const ref = await receive((await machine()).backend, sampleArtifactId(), bytes);
    const { backend, folder } = await machine();
    const both = await Promise.all([1, 2].map(() => backend.localFile(ref, stdin, never)));
    for (const { file } of both) assert.ok((await readFile(file.path)).equals(bytes));
    assert.equal(server.requests.filter(({ method, key }) => method === 'GET' && key.endsWith(ref.id)).length, 1);
    assert.deepEqual(await buffer(await backend.open(ref, stdin, { start: 16, end: 18 })), Buffer.alloc(3, 3));

    const other = { ...ref, sha256: factsOf(Buffer.of(1)).sha256 };
    const third = await machine();
    await assert.rejects(third.backend.localFile(other, stdin, never), failsWith('ARTIFACT_CORRUPT'));
    await assert.rejects(
      third.backend.localFile({ ...ref, sizeBytes: 1 }, stdin, never),
      failsWith('ARTIFACT_CORRUPT'),
    );
    const missing = { ...ref, id: sampleArtifactId() };
    await assert.rejects(third.backend.localFile(missing, stdin, never), failsWith('ARTIFACT_NOT_FOUND'));
    assert.ok(!existsSync(copyOf(third.folder, ref.id)));
    assert.deepEqual([...(await scratchOf(folder)), ...(await scratchOf(third.folder))], []);
  });

  it('keeps nothing of a fetch that breaks off or is given up', async () => {
    const ref = await receive((await machine()).backend, sampleArtifactId(), sampleStdin(Buffer.alloc(3_000_000, 4)));
    const { backend, folder } = await machine();
    server.fault = 'cut';
    await assert.rejects(backend.localFile(ref, stdin, never), failsWith('BUCKET_UNAVAILABLE'));
    server.fault = undefined;
    await assert.rejects(backend.localFile(ref, stdin, AbortSignal.abort()), failsWith('ABORTED'));
    assert.deepEqual(await scratchOf(folder), []);
    assert.equal((await backend.localFile(ref, stdin, never)).file.sizeBytes, ref.sizeBytes);
  });

  it('adopts a proof only when it is in the bucket, and keeps the scratch file until then', async () => {
    const { backend } = await machine();
    const id = sampleArtifactId();
    const bytes = Buffer.alloc(5_000, 5);
    await writeFile(backend.output(id, 'proof').path, bytes);
    server.fault = 'away';
    await assert.rejects(backend.adopt(id, proof, factsOf(bytes)), failsWith('BUCKET_UNAVAILABLE'));
    assert.ok((await readFile(backend.output(id, 'proof').path)).equals(bytes));
    server.fault = undefined;
    await backend.adopt(id, proof, factsOf(bytes));
    assert.ok((await server.read(`${prefix}proof/${id}`)).body.equals(bytes));
  });

  it('serves what it has a copy of while the bucket is away', async () => {
    const { backend } = await machine();
    const bytes = sampleStdin(Buffer.from('copied'));
    const ref = await receive(backend, sampleArtifactId(), bytes);
    server.fault = 'away';
    assert.ok((await buffer(await backend.open(ref, stdin))).equals(bytes));
  });

  it('bounds its copies, lets the longest unused go first, and none that is held', async () => {
    const size = 10_000 + 32;
    const { backend, folder } = await machine(3 * size);
    const bytesOf = (fill: number) => sampleStdin(Buffer.alloc(10_000, fill));
    const refs = [];
    for (let fill = 0; fill < 3; fill++) refs.push(await receive(backend, sampleArtifactId(), bytesOf(fill)));
    const [first, second, third] = refs as [(typeof refs)[0], (typeof refs)[0], (typeof refs)[0]];
    const held = await backend.localFile(first, stdin, never);
    await buffer(await backend.open(second, stdin));
    await receive(backend, sampleArtifactId(), bytesOf(3));
    await receive(backend, sampleArtifactId(), bytesOf(4));
    const isCopied = ({ id }: { id: ArtifactId }) => existsSync(copyOf(folder, id));
    assert.deepEqual([first, second, third].map(isCopied), [true, false, false]);
    held.release();
    await receive(backend, sampleArtifactId(), bytesOf(5));
    assert.equal(isCopied(first), false);

    // The next life finds the copies, and holds itself to its own bound.
    const before = (await readdir(join(folder, 'artifacts', 'bucket', 'stdin'), { recursive: true })).filter(
      (name) => name.length > 64,
    );
    assert.equal(before.length, 3);
    backends.push(backendOver(server, folder, size));
    const copies = (await readdir(join(folder, 'artifacts', 'bucket', 'stdin'), { recursive: true })).filter(
      (name) => name.length > 64,
    );
    assert.equal(copies.length, 1);
  });

  it('finds objects that a crash has left without a record, and removes them', async () => {
    const { backend, folder } = await machine();
    const store = await openStore(join(folder, 'store'));
    const catalog = createCatalog({ store, backend, clock: new SimulatedClock() });
    const owner = '11'.repeat(20) as never;
    const kept = sampleArtifactId();
    const bytes = sampleStdin(Buffer.from('recorded'));
    const claims = { id: kept, ...stdin, owner, expiresAt: 0 };
    await catalog.upload(claims, {
      receive: () => receive(backend, kept, bytes),
      measure: () => Promise.reject(),
      announcedBytes: undefined,
    });
    const lost = sampleArtifactId();
    await receive(backend, lost, sampleStdin(Buffer.from('no record')));
    // On a machine that has lost its copies.
    await rm(join(folder, 'artifacts', 'bucket'), { recursive: true });
    assert.equal(await catalog.sweepOrphans(() => false), 1);
    assert.deepEqual(await server.keys(), [`${prefix}stdin/${kept}`]);
    await store.close();
  });

  it('keeps programs with the same bytes as one object, until the last of them goes', async () => {
    const { backend, folder } = await machine();
    const store = await openStore(join(folder, 'store'));
    const catalog = createCatalog({ store, backend, clock: new SimulatedClock() });
    const program = { kind: 'program', private: false } as const;
    const bytes = sampleProgram();
    const upload = (owner: string) => {
      const id = sampleArtifactId();
      const claims = { id, ...program, owner: owner.repeat(20) as never, expiresAt: 0 };
      return catalog.upload(claims, {
        receive: (nameFile) =>
          backend.receive(id, program, Readable.from([new Uint8Array(bytes)]), limits, never, nameFile),
        measure: () => Promise.reject(),
        announcedBytes: undefined,
      });
    };
    const [record] = await Promise.all(['11', '22', '22'].map(upload));
    const id = record?.fileId as ArtifactId;
    assert.deepEqual(await server.keys(), [`${prefix}program/${id}`]);
    await upload('33');
    assert.equal(server.requests.filter(({ method }) => method === 'PUT').length, 1);
    assert.equal(await catalog.sweepOrphans(() => false), 0);
    // On a machine that has no copy.
    const other = await machine();
    assert.ok((await buffer(await other.backend.open({ id, ...factsOf(bytes) }, program))).equals(bytes));
    assert.equal(await catalog.sweepUnreferenced(0), 4);
    assert.deepEqual(await server.keys(), []);
    await store.close();
  });

  it('goes on with what was stored before there was a bucket', async () => {
    const { backend, folder } = await machine();
    const directory = createDirectoryBackend({ folder, uploads });
    const id = sampleArtifactId();
    const bytes = sampleStdin(Buffer.from('older'));
    const ref = await receive(directory, id, bytes);
    await directory.close();
    assert.ok((await buffer(await backend.open(ref, stdin))).equals(bytes));
    assert.deepEqual(await receive(backend, id, bytes), ref);
    await assert.rejects(receive(backend, id, sampleStdin(Buffer.from('other'))), failsWith('ARTIFACT_CONFLICT'));
    assert.deepEqual(server.requests, []);
    await backend.remove(id, stdin);
    await assert.rejects(backend.open(ref, stdin), failsWith('ARTIFACT_NOT_FOUND'));
  });
});
