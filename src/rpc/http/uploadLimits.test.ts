// How much and how many one owner may upload, over a real port: what is refused says so and may be sent again, and others are not touched.

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import type { Address, ArtifactId } from '../../ids.js';
import { sampleProgram, sampleStdin } from '../../testkit/artifacts/sampleArtifacts.js';
import { sampleRequestId } from '../../testkit/sampleIds.js';
import { sampleOwner, startArtifactService } from '../../testkit/service/artifactService.js';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';

type Options = Parameters<typeof startArtifactService>[0];
const other = '22'.repeat(20) as Address;
const stdin = sampleStdin(Buffer.alloc(40_000, 5));

async function set(t: TestContext, options: Options) {
  const service = await startArtifactService(options);
  t.after(() => service.stop());
  /** Answers `200`, or the status with the code. */
  async function put(path: string, body: Uint8Array | PassThrough = stdin): Promise<string> {
    const { status, text } = await service.send('PUT', path, body);
    return status === 200 ? '200' : `${status} ${JSON.parse(text).error.code}`;
  }
  const putNew = async (owner: Address, kind: 'program' | 'stdin' = 'stdin', body: Uint8Array = stdin) => {
    const { id, path } = service.capability(kind, owner);
    return { id, answer: await put(path, body) };
  };
  return { service, put, putNew };
}

describe('uploads at once', () => {
  it('of one owner leave a place for others, and wait for their turn', async (t) => {
    const { service, put } = await set(t, { slots: { size: 2, perOwner: 1, waiting: 1 } });
    const stalled = new PassThrough();
    const first = put(service.capability().path, stalled);
    stalled.write(stdin.subarray(0, 100));
    // It has its place when there is something of it.
    while ((await service.unfinished()).length === 0);
    let isSecondAnswered = false;
    const second = put(service.capability().path).then((answer) => {
      isSecondAnswered = true;
      return answer;
    });
    assert.equal(await put(service.capability('stdin', other).path), '200');
    // Read by now, if it were not held back: it goes through the same thread.
    assert.equal(await put(service.capability('stdin', other).path), '200');
    assert.equal(isSecondAnswered, false);
    stalled.end(stdin.subarray(100));
    assert.deepEqual(await Promise.all([first, second]), ['200', '200']);
  });

  it('beyond those that may wait are refused until later', async (t) => {
    const { service, put } = await set(t, { slots: { size: 1, perOwner: 1, waiting: 0 } });
    const stalled = new PassThrough();
    const first = put(service.capability().path, stalled);
    stalled.write(stdin.subarray(0, 100));
    while ((await service.unfinished()).length === 0);
    // 504 and not 429 or 503: the SDK sends an upload again after this one only.
    assert.equal(await put(service.capability().path), '504 UPLOADS_BUSY');
    stalled.end(stdin.subarray(100));
    assert.equal(await first, '200');
    assert.equal(await put(service.capability().path), '200');
  });
});

describe('room for uploads', () => {
  it('of one owner is bounded, and comes back when its requests end and its programs are registered', async (t) => {
    const { service, putNew, put } = await set(t, { space: { bytes: 1e9, bytesOfOwner: 100_000 } });
    const full = '504 UPLOAD_SPACE_FULL';
    const { id: spent, answer } = await putNew(sampleOwner);
    assert.equal(answer, '200');
    const program = await putNew(sampleOwner, 'program', sampleProgram());
    assert.equal(program.answer, '200');
    const again = service.capability();
    assert.equal(await put(again.path), '200');
    assert.equal((await putNew(sampleOwner)).answer, full);
    // What is stored already may be sent again, and what others have is their own.
    assert.equal(await put(again.path), '200');
    assert.equal((await putNew(other)).answer, '200');

    await service.store.write((tx) => service.catalog.reference(tx, program.id, 'ab'.repeat(32)));
    assert.equal((await putNew(sampleOwner, 'program', sampleProgram())).answer, '200');
    assert.equal((await putNew(sampleOwner)).answer, full);

    const request = sampleRequestId();
    await service.store.write((tx) => service.catalog.reference(tx, spent, request));
    assert.equal((await putNew(sampleOwner)).answer, full, 'an input is needed until its request has ended');
    await service.store.write((tx) => service.catalog.spend(tx, spent));
    assert.equal((await putNew(sampleOwner)).answer, '200');
  });

  it('of all together is bounded too, and an upload under way has its part of it', async (t) => {
    const clock = new SimulatedClock();
    const { service, put, putNew } = await set(t, { clock, space: { bytes: 90_000, bytesOfOwner: 80_000 } });
    assert.equal((await putNew(other)).answer, '200');
    const slow = new PassThrough();
    const underWay = service.send('PUT', service.capability().path, slow, { 'content-length': stdin.byteLength });
    slow.write(stdin.subarray(0, 100));
    while ((await service.unfinished()).length === 0);
    assert.equal((await putNew(other)).answer, '504 UPLOAD_SPACE_FULL');
    // It falls asleep, which shows after two windows.
    await clock.advance(60_000);
    assert.equal((await underWay).status, 408);
    assert.equal(await put(service.capability().path), '200');
  });

  it('is counted from what is stored, as after a start', async (t) => {
    const { service, putNew } = await set(t, { space: { bytes: 1e9, bytesOfOwner: 90_000 } });
    const record = (id: ArtifactId, kind: 'stdin' | 'program' | 'proof', references: string[], spent?: true) =>
      service.store.write((tx) =>
        tx.put('artifacts', [id], {
          kind,
          owner: sampleOwner,
          private: true,
          sha256: 'aa'.repeat(32) as never,
          sizeBytes: 40_000,
          storedAt: Date.now(),
          references,
          ...(spent && { spent }),
        }),
      );
    const ids = Array.from({ length: 4 }, () => service.capability().id) as [
      ArtifactId,
      ArtifactId,
      ArtifactId,
      ArtifactId,
    ];
    await record(ids[0], 'stdin', ['request']);
    await record(ids[1], 'stdin', [], true);
    await record(ids[2], 'program', ['vk hash']);
    await record(ids[3], 'proof', ['request']);
    await service.catalog.sweepUnreferenced();
    // One of them counts: there is room for one more.
    assert.equal((await putNew(sampleOwner)).answer, '200');
    assert.equal((await putNew(sampleOwner)).answer, '504 UPLOAD_SPACE_FULL');
  });

  it('is taken by small ones as by files of 16 KiB', async (t) => {
    const { putNew } = await set(t, { space: { bytes: 1e9, bytesOfOwner: 3 * 16_384 } });
    const tiny = sampleStdin(Buffer.alloc(1));
    const answers = [];
    for (let count = 0; count < 4; count++) answers.push((await putNew(sampleOwner, 'stdin', tiny)).answer);
    assert.deepEqual(answers, ['200', '200', '200', '504 UPLOAD_SPACE_FULL']);
  });
});
