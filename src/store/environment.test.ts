import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Address, RequestId } from '../ids.js';
import { sampleArtifactId, sampleRequestId } from '../testkit/sampleIds.js';
import { temporaryFolder } from '../testkit/temporaryFolder.js';
import { bucketNumbers } from './buckets.js';
import { openStore, SchemaError } from './environment.js';

const folder = () => temporaryFolder('store');
const entry = { at: 1, from: '', to: 'requested', on: 'xstate.init' };

describe('store', () => {
  it('keeps what was written after it is closed and opened again', async () => {
    const path = folder();
    const requestId = sampleRequestId();
    const first = await openStore(path);
    await first.write((tx) => tx.put('journal', [requestId, 0], entry));
    await first.close();
    const second = await openStore(path);
    assert.deepEqual(second.get('journal', requestId, 0), entry);
    await second.close();
  });

  it('keeps nothing of a transaction that throws', async () => {
    const store = await openStore(folder());
    const requestId = sampleRequestId();
    const work = store.write((tx) => {
      tx.put('openRequests', [requestId], true);
      throw new Error('changed my mind');
    });
    await assert.rejects(work, /changed my mind/);
    assert.equal(store.get('openRequests', requestId), undefined);
    await store.close();
  });

  it('sees its own writes inside a transaction, and answers its result', async () => {
    const store = await openStore(folder());
    const requestId = sampleRequestId();
    const seen = await store.write((tx) => {
      tx.put('openRequests', [requestId], true);
      return tx.get('openRequests', requestId);
    });
    assert.equal(seen, true);
    await store.close();
  });

  it('scans one prefix, in order and in reverse, and nothing of its neighbours', async () => {
    const store = await openStore(folder());
    const [a, b] = ['aa', 'ab'].map((text) => text.repeat(32) as RequestId) as [RequestId, RequestId];
    await store.write((tx) => {
      for (const seq of [2, 0, 10, 1]) tx.put('journal', [a, seq], entry);
      tx.put('journal', [b, 0], entry);
      tx.put('openRequests', [a], true);
    });
    const seqs = (options?: { reverse?: boolean; limit?: number; after?: [RequestId, number] }) =>
      [...store.scan('journal', [a], options)].map(({ key }) => key[1]);
    assert.deepEqual(seqs(), [0, 1, 2, 10]);
    assert.deepEqual(seqs({ reverse: true, limit: 2 }), [10, 2]);
    assert.deepEqual(seqs({ after: [a, 1] }), [2, 10]);
    assert.deepEqual(seqs({ reverse: true, limit: 1, after: [a, 2] }), [1]);
    assert.equal([...store.scan('journal', [])].length, 5);
    await store.close();
  });

  it('lets concurrent writers all succeed', async () => {
    const store = await openStore(folder());
    const ids = Array.from({ length: 200 }, sampleRequestId);
    await Promise.all(ids.map((id) => store.write((tx) => tx.put('openRequests', [id], true))));
    assert.equal([...store.scan('openRequests', [])].length, 200);
    await store.close();
  });

  it('refuses a folder of another schema and says what to do', async () => {
    const path = folder();
    const store = await openStore(path);
    await store.write((tx) => tx.put('meta', ['schema'], 99));
    await store.close();
    await assert.rejects(
      openStore(path),
      (error: Error) => error instanceof SchemaError && /schema 99/.test(error.message),
    );
  });

  it('takes over a folder of schema 1, wherever the migration was cut', async () => {
    const path = folder();
    const submissions = Array.from({ length: 2_500 }, (_, n) => [sampleArtifactId(n), sampleRequestId(n)] as const);
    const owner = 'ab'.repeat(20) as Address;
    const old = await openStore(path);
    await old.write((tx) => {
      tx.put('meta', ['schema'], 1);
      for (const [index, [stdin, request]] of submissions.entries())
        if (index < 100) tx.put('requestOfStdin', [stdin], request);
        else tx.put('submissions', [owner, stdin], request);
    });
    await old.close();
    const store = await openStore(path);
    for (const [stdin, request] of submissions) assert.equal(store.get('requestOfStdin', stdin), request);
    assert.deepEqual([...store.scan('submissions', [])], []);
    assert.equal(store.get('meta', 'schema'), 2);
    await store.close();
  });

  it('never gives a bucket number twice', () => {
    const numbers = Object.values(bucketNumbers);
    assert.equal(new Set(numbers).size, numbers.length);
  });

  it('reads a bucket in slices, all of it once and in order, with a turn between them', async (t) => {
    const store = await openStore(temporaryFolder('slices'));
    t.after(() => store.close());
    const names = ['a', 'b', 'c', 'd', 'e'];
    await store.write((tx) => {
      for (const name of names) tx.put('meta', [name], true);
    });
    const seen: string[] = [];
    const turn = async () => void seen.push('turn');
    for await (const slice of store.slices('meta', { limit: 2, turn }))
      seen.push(
        slice
          .map(({ key: [name] }) => name)
          .filter((name) => names.includes(name))
          .join(''),
      );
    assert.equal(seen.filter((each) => each !== 'turn').join(''), names.join(''));
    assert.equal(seen.length % 2, 1);
    assert.ok(seen.every((each, index) => (each === 'turn') === (index % 2 === 1)));
    assert.ok(seen.length >= 5);
  });
});
