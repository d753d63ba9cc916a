// A prefix has one owner for good. Another data folder is refused, and the message says what to do.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openStore, type Store } from '../../store/environment.js';
import { type BucketServer, openBucket, startBucketServer } from '../../testkit/bucket/bucketServer.js';
import type { Bucket } from './bucket.js';
import { assertNoBucket, BucketError, claimBucket } from './claim.js';

describe('the claim on a prefix', () => {
  let server: BucketServer;
  let folder: string;
  const open: Array<{ close(): unknown }> = [];

  before(async () => {
    server = await startBucketServer();
    folder = await mkdtemp(join(tmpdir(), 'claim-'));
  });
  after(async () => {
    for (const each of open) await each.close();
    await server.stop();
    await rm(folder, { recursive: true });
  });

  async function newStore(name: string): Promise<Store> {
    const store = await openStore(join(folder, name));
    open.push(store);
    return store;
  }

  function bucketOf(name: string, prefix: string): Bucket {
    const bucket = openBucket(server, prefix, name);
    open.push(bucket);
    return bucket;
  }

  const claim = (store: Store, prefix: string, bucket = server.bucket) =>
    claimBucket(bucketOf(bucket, prefix), { bucket, prefix }, store);
  const refused = (text: RegExp) => (error: unknown) => error instanceof BucketError && text.test(error.message);

  it('is the first one’s, over and over', async () => {
    const store = await newStore('first');
    assertNoBucket(store);
    await claim(store, 'one/');
    await claim(store, 'one/');
    assert.deepEqual(await server.keys(), ['one/owner']);
  });

  it('is refused to another data folder, which may claim another prefix', async () => {
    const store = await newStore('second');
    await claim(await newStore('other'), 'taken/');
    await assert.rejects(claim(store, 'taken/'), refused(/belongs to another data folder.*--s3-prefix.*taken\/owner/));
  });

  it('binds the data folder: its artifacts would be missing elsewhere', async () => {
    const store = await newStore('bound');
    await claim(store, 'bound/');
    await assert.rejects(
      claim(store, 'elsewhere/'),
      refused(/keeps artifacts in --s3-bucket proofs under --s3-prefix bound\//),
    );
    assert.throws(() => assertNoBucket(store), refused(/--s3-bucket proofs/));
    assert.ok(!(await server.keys()).includes('elsewhere/owner'));
  });

  it('fails with a sentence where there is no such bucket, no right to it, or no answer', async () => {
    await assert.rejects(
      claim(await newStore('a'), 'a/', 'no-such-bucket'),
      refused(/cannot be used \(NoSuchBucket, HTTP 404\)/),
    );
    server.fault = 'denied';
    await assert.rejects(
      claim(await newStore('b'), 'b/'),
      refused(/cannot be used \(AccessDenied, HTTP 403\).*credentials/),
    );
    server.fault = 'away';
    await assert.rejects(claim(await newStore('c'), 'c/'), refused(/cannot be used \(/));
    server.fault = undefined;
  });
});
