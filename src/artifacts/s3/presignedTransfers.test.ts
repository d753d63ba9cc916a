// Taking in what clients have put into the bucket: once, without need, and not for ever.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Clock, systemClock } from '../../clock.js';
import type { Address, RequestId } from '../../ids.js';
import { createLog } from '../../log.js';
import { openStore, type Store } from '../../store/environment.js';
import { sampleStdin } from '../../testkit/artifacts/sampleArtifacts.js';
import { type BucketServer, openBucket, startBucketServer } from '../../testkit/bucket/bucketServer.js';
import { sampleArtifactId } from '../../testkit/sampleIds.js';
import { createCatalog } from '../catalog.js';
import { Slots } from '../slots.js';
import { createS3Backend } from './backend.js';
import type { Bucket } from './bucket.js';
import { createDirectTransfers } from './presignedTransfers.js';

const owner = '11'.repeat(20) as Address;
const hourMs = 3_600_000;

describe('direct transfers', () => {
  let server: BucketServer;
  let folder: string;
  let store: Store;
  let bucket: Bucket;
  let backend: ReturnType<typeof createS3Backend>;
  const log = createLog('silent');

  before(async () => {
    server = await startBucketServer();
    folder = await mkdtemp(join(tmpdir(), 'direct-'));
    store = await openStore(join(folder, 'store'));
    bucket = openBucket(server, '');
    const uploads = { threads: 1, concurrent: 2, waiting: 2 };
    backend = createS3Backend({ folder, uploads, bucket, cacheBytes: 1e9 });
  });
  after(async () => {
    await backend.close();
    await store.close();
    await server.stop();
    await rm(folder, { recursive: true });
  });

  function transfers(clock: Clock = systemClock) {
    const catalog = createCatalog({ store, backend, clock });
    const limitBytes = { program: 1e6, stdin: 1e6 };
    const slots = new Slots({ size: 3, perOwner: 3, waiting: 8 });
    return {
      catalog,
      direct: createDirectTransfers({ bucket, slots, catalog, backend, store, clock, log, limitBytes }),
    };
  }

  const claims = (id = sampleArtifactId()) => ({ id, kind: 'stdin' as const, private: false, owner, expiresAt: 0 });
  const put = async (url: string | undefined, body: Uint8Array) =>
    assert.equal((await fetch(url ?? '', { method: 'PUT', body: new Uint8Array(body) })).status, 200);
  const reads = (id: string) =>
    server.requests.filter(({ method, key }) => method === 'GET' && key.includes(id)).length;

  it('read an input once for all who name it at the same time', async () => {
    const { direct, catalog } = transfers();
    const wanted = claims();
    await put(await direct.uploadUrl(wanted), sampleStdin(Buffer.from('once')));
    await Promise.all([1, 2, 3].map(() => direct.takeIn(wanted.id, 'stdin', owner)));
    await direct.takeIn(wanted.id, 'stdin', owner);
    assert.equal(reads(wanted.id), 1);
    assert.equal(catalog.lookup(wanted.id)?.private, false);
  });

  it('ask nothing of the bucket for what has become a request', async () => {
    const { direct } = transfers();
    const { id } = claims();
    await store.write((tx) => tx.put('requestOfStdin', [id], '33'.repeat(32) as RequestId));
    server.fault = 'away';
    await direct.takeIn(id, 'stdin', owner);
    server.fault = undefined;
    assert.equal(reads(id), 0);
  });

  it('forget what was put and not named within an hour', async () => {
    const now = { at: systemClock.now() };
    const never = () => () => undefined;
    const clock = { ...systemClock, now: () => now.at, steady: () => now.at, wakeAt: never, wakeIn: never };
    const { direct } = transfers(clock);
    await put(await direct.uploadUrl(claims()), sampleStdin());
    await direct.sweep();
    assert.equal((await server.keys()).filter((key) => key.startsWith('incoming/')).length, 1);
    now.at += hourMs + 60_000;
    await direct.sweep();
    assert.equal((await server.keys()).filter((key) => key.startsWith('incoming/')).length, 0);
  });
});
