import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { createRecords, type Records } from '../durable/records.js';
import { FailureError } from '../failures/failureError.js';
import type { Address, RequestId } from '../ids.js';
import { createLog } from '../log.js';
import { type BucketName, bucketNumbers } from '../store/buckets.js';
import { sampleArtifactId } from '../testkit/sampleIds.js';
import { createWorld, requester, type World } from '../testkit/world/world.js';
import { requestRecords } from './forget.js';

const minute = 60_000;
const day = 86_400_000;
const retentionMs = 2 * day;

/** Of the world's requests, as the service has them. */
function recordsOf({ store, clock, artifacts, system }: World, retention: number | undefined = retentionMs): Records {
  const kinds = [requestRecords({ store, artifacts, registry: system.registry })];
  return createRecords({ store, clock, log: createLog('silent'), kinds, retentionMs: retention });
}

/** Keys in every bucket but those whose entries go by other rules: the feed by its size, spent inputs within the hour. */
function keysIn(store: World['store']): string[] {
  const names = Object.keys(bucketNumbers) as BucketName[];
  return names
    .filter((name) => !['meta', 'feed', 'expiries'].includes(name))
    .flatMap((name) => [...store.scan(name, [])].map(({ key, value }) => ({ name, key, value: value as object })))
    .filter(({ name, value }) => !(name === 'artifacts' && 'spent' in value))
    .map(({ name, key }) => `${name} ${key.join('/')}`);
}

async function end(world: World, requestId: RequestId, how: 'fulfilled' | 'cancelled'): Promise<void> {
  await world.settle();
  if (how === 'fulfilled') for (const _ of ['execute', 'prove', 'verify']) await world.endStage(requestId);
  else await world.system.registry.cancel(requestId);
  await world.settle();
  assert.equal(world.system.registry.view(requestId)?.state, how);
}

interface Written {
  readonly name: BucketName;
  readonly key: readonly unknown[];
  readonly value: unknown;
}

/** What the store has of an ended request, of its proof, and as the mark of its input. */
function writtenOf({ store, system }: World, requestId: RequestId) {
  const view = system.registry.view(requestId);
  assert.ok(view);
  const ids: unknown[] = [requestId, view.request.stdin.id, ...(view.state === 'fulfilled' ? [view.proof.id] : [])];
  const names = (Object.keys(bucketNumbers) as BucketName[]).filter((name) => name !== 'feed');
  const written = names
    .flatMap((name): Written[] => [...store.scan(name, [])].map(({ key, value }) => ({ name, key, value })))
    .filter(({ key }) => key.some((part) => ids.includes(part)));
  return { ids: ids as string[], text: JSON.stringify(written) };
}

/** Writes the same for so many others, under ids that end with their number. */
async function repeat(world: World, requestId: RequestId, count: number): Promise<void> {
  const { ids, text } = writtenOf(world, requestId);
  const digits = 8;
  const nth = (id: string, n: number) => id.slice(0, -digits) + n.toString(16).padStart(digits, '0');
  for (let n = 0; n < count; ) {
    await world.store.write((tx) => {
      for (const end = Math.min(count, n + 1_000); n < end; n += 1) {
        const other = ids.reduce((so, id) => so.replaceAll(id, nth(id, n)), text);
        for (const { name, key, value } of JSON.parse(other) as Written[]) tx.put(name, key as never, value as never);
      }
    });
  }
}

/** Each slice is written in real time, between moments of the simulated one. */
async function passMinutes(world: World, minutes: number): Promise<void> {
  for (let passed = 0; passed < minutes; passed += 1) {
    await world.clock.advance(minute);
    await world.settle();
  }
}

describe('records of ended requests, when their retention is over', () => {
  it('leave the store with the keys that it had, and nothing of the open ones goes', async () => {
    const world = await createWorld();
    await world.submit({ deadlineAt: world.clock.now() + 10 * day });
    await world.settle();
    const before = keysIn(world.store);
    const ids: RequestId[] = [];
    for (let index = 0; index < 60; index += 1) ids.push(await world.submit());
    for (const [index, id] of ids.entries()) await end(world, id, index % 2 === 0 ? 'fulfilled' : 'cancelled');
    const [key, of] = ['k'.repeat(64), { caller: requester as Address }];
    await world.store.write((tx) => {
      tx.put('requestOfKey', [of.caller, key], ids[0] as RequestId);
      tx.put('keysOfRequest', [ids[0] as RequestId, of.caller, key], true);
    });
    assert.ok(keysIn(world.store).length > before.length + 500);
    const proof = world.system.registry.view(ids[0] as RequestId);
    assert.ok(proof?.state === 'fulfilled');
    const file = world.layout.final(proof.proof.id, 'proof').path;
    assert.ok(existsSync(file));

    const records = recordsOf(world);
    records.start();
    await world.clock.advance(retentionMs - minute);
    await world.settle();
    assert.equal(world.system.registry.view(ids[0] as RequestId)?.state, 'fulfilled');
    // The slices follow each other in seconds.
    await passMinutes(world, 5);
    assert.deepEqual(keysIn(world.store), before);
    assert.ok(!existsSync(file), 'a proof whose own retention was longer goes with its record');
    assert.equal(world.system.registry.view(ids[0] as RequestId), undefined);
    records.stop();
    await world.end();
  });

  it('leave the store with the keys that it had when 10,000 of them go', async () => {
    const world = await createWorld();
    await world.submit({ deadlineAt: world.clock.now() + 10 * day });
    await world.settle();
    const before = keysIn(world.store);
    for (const how of ['fulfilled', 'cancelled'] as const) {
      const id = await world.submit();
      await end(world, id, how);
      await repeat(world, id, 4_999);
    }
    const endedNow = () => [...world.store.scan('ended', [], { limit: 10_001 })].length;
    assert.equal(endedNow(), 10_000);
    assert.ok(keysIn(world.store).length > before.length + 70_000);
    const records = recordsOf(world);
    records.start();
    await world.clock.advance(retentionMs - minute);
    await world.settle();
    assert.equal(endedNow(), 10_000);
    for (let left = 10_000; left > 0; ) {
      await passMinutes(world, 1);
      const now = endedNow();
      assert.ok(now < left, 'a minute in which none has gone');
      left = now;
    }
    await world.settle();
    assert.deepEqual(keysIn(world.store), before);
    records.stop();
    await world.end();
  });

  it('are gone for clients: the same submission again is one that was never uploaded', async () => {
    const world = await createWorld();
    const stdinId = sampleArtifactId();
    const id = await world.submit({ stdinId });
    await end(world, id, 'fulfilled');
    const records = recordsOf(world);
    records.start();
    await world.clock.advance(retentionMs);
    await passMinutes(world, 1);
    const again = world.submit({ stdinId, deadlineAt: world.clock.now() + day });
    await assert.rejects(
      again,
      (error) => error instanceof FailureError && error.failure.code === 'ARTIFACT_NOT_UPLOADED',
    );
    records.stop();
    await world.end();
  });

  it('that earlier releases left are found once, and stay for as long as those of today', async () => {
    const world = await createWorld();
    const older = [await world.submit(), await world.submit()];
    for (const id of older) await end(world, id, 'fulfilled');
    // As a release without retention wrote them.
    await world.store.write((tx) => {
      for (const { key } of world.store.scan('ended', [])) tx.remove('ended', ...key);
    });
    const again = await world.reborn();
    const records = recordsOf(again);
    records.start();
    await again.clock.advance(retentionMs - minute);
    await again.settle();
    assert.equal(again.system.registry.view(older[0] as RequestId)?.state, 'fulfilled');
    await passMinutes(again, 3);
    for (const id of older) assert.equal(again.system.registry.view(id), undefined);
    assert.deepEqual([...again.store.scan('ended', [])], []);
    records.stop();
    await again.end();
  });

  it('stay with never, and a later start with a retention deletes them', async () => {
    const world = await createWorld();
    const id = await world.submit();
    await end(world, id, 'cancelled');
    const never = createRecords({
      ...world,
      log: createLog('silent'),
      kinds: [requestRecords({ ...world, registry: world.system.registry })],
      retentionMs: undefined,
    });
    never.start();
    await world.clock.advance(400 * day);
    await world.settle();
    assert.equal(world.system.registry.view(id)?.state, 'cancelled');
    never.stop();
    const records = recordsOf(world);
    records.start();
    await world.settle();
    assert.equal(world.system.registry.view(id), undefined);
    records.stop();
    await world.end();
  });

  it('go with their journal, whole or not at all, when the service is killed in between', async () => {
    const world = await createWorld();
    const ids: RequestId[] = [];
    for (let index = 0; index < 60; index += 1) ids.push(await world.submit());
    for (const id of ids) await end(world, id, 'cancelled');
    await world.clock.advance(retentionMs);
    const first = recordsOf(world);
    first.start();
    const again = await world.reborn();
    first.stop();
    const gone = ids.filter((id) => again.system.registry.view(id) === undefined);
    for (const id of gone) assert.deepEqual([...again.store.scan('journal', [id])], []);
    const records = recordsOf(again);
    records.start();
    await passMinutes(again, 3);
    assert.deepEqual(
      keysIn(again.store).filter((name) => ids.some((id) => name.includes(id))),
      [],
    );
    records.stop();
    await again.end();
  });
});
