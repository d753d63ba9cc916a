// What every ArtifactBackend must do, whatever it stands on. Each backend's test calls this with a way to make one.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { after, before, describe, it } from 'node:test';
import type { ArtifactBackend, ArtifactPlace, ArtifactRef } from '../../artifacts/port.js';
import type { FailureCode } from '../../failures/catalog.js';
import { FailureError } from '../../failures/failureError.js';
import type { ArtifactId, Sha256 } from '../../ids.js';
import { sampleArtifactId } from '../sampleIds.js';
import { bomb, stdinFrames } from '../zstd/frames.js';
import { sampleProgram, sampleStdin } from './sampleArtifacts.js';

export interface BackendUnderTest {
  readonly backend: ArtifactBackend;
  /** Names of unfinished files. */
  leftovers(): Promise<readonly string[]>;
  cleanUp(): Promise<void>;
}

const never = new AbortController().signal;
const limits = { limitBytes: 8 * 1024 * 1024, announcedBytes: undefined };
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex') as Sha256;
const provenFile = (bytes: Uint8Array) => ({ sha256: sha256(bytes), sizeBytes: bytes.byteLength });

/** A body in copies of its pieces: what owns its memory is transferred away. */
function bodyOf(bytes: Uint8Array, pieceBytes = 64 * 1024): Readable {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) pieces.push(bytes.slice(at, at + pieceBytes));
  return Readable.from(pieces, { objectMode: false });
}

/** A body that says no more than this and never ends by itself. */
function silentAfter(bytes: Uint8Array): Readable {
  const body = new Readable({ read: () => undefined });
  body.push(Buffer.from(bytes));
  return body;
}

export const failsWith = (code: FailureCode) => (thrown: unknown) => {
  assert.ok(thrown instanceof FailureError, String(thrown));
  assert.equal(thrown.failure.code, code);
  return true;
};

export function describeArtifactBackend(
  name: string,
  isPrivate: boolean,
  create: () => Promise<BackendUnderTest>,
): void {
  const place = {
    program: { kind: 'program', private: isPrivate },
    stdin: { kind: 'stdin', private: isPrivate },
    proof: { kind: 'proof', private: isPrivate },
  } as const;

  describe(name, () => {
    let test: BackendUnderTest;
    let backend: ArtifactBackend;
    before(async () => {
      test = await create();
      backend = test.backend;
    });
    after(() => test.cleanUp());

    const idsOf = async (kind: 'program' | 'stdin' | 'proof') => {
      const ids: ArtifactId[] = [];
      for await (const { id } of backend.list(kind)) ids.push(id);
      return ids;
    };
    const assertNothingOf = async (id: ArtifactId) => {
      assert.ok(!(await idsOf('stdin')).includes(id));
      assert.deepEqual(await test.leftovers(), []);
    };
    const stored = async (ref: ArtifactRef, at: ArtifactPlace) => buffer(await backend.open(ref, at));

    it('keeps the raw bytes of an upload under its id', async () => {
      const program = sampleProgram(300_000, 7);
      const id = sampleArtifactId();
      const ref = await backend.receive(
        id,
        place.program,
        bodyOf(program),
        { ...limits, announcedBytes: program.byteLength },
        never,
      );
      assert.deepEqual(ref, { id, ...provenFile(program), elf: { class: 64, zeroFillTrap: false } });
      assert.deepEqual(await stored(ref, place.program), program);
      const { file } = await backend.localFile(ref, place.program, never);
      assert.deepEqual({ ...file, path: '' }, { id, kind: 'program', path: '', ...provenFile(program) });
      assert.deepEqual(await readFile(file.path), program);
      assert.deepEqual(await idsOf('program'), [id]);
      assert.deepEqual(await test.leftovers(), []);
    });

    for (const frame of stdinFrames) {
      it(`keeps a zstd upload decompressed: ${frame.name}`, async () => {
        const ref = await backend.receive(sampleArtifactId(), place.stdin, bodyOf(frame.bytes, 1000), limits, never);
        assert.deepEqual(
          { sha256: ref.sha256, sizeBytes: ref.sizeBytes },
          { sha256: frame.sha256, sizeBytes: frame.rawBytes },
        );
        assert.equal(sha256(await stored(ref, place.stdin)), frame.sha256);
      });
    }

    it('takes the same bytes again, in whatever form, and no others', async () => {
      const id = sampleArtifactId();
      const [frame] = stdinFrames;
      const first = await backend.receive(id, place.stdin, bodyOf(frame.bytes), limits, never);
      const raw = await stored(first, place.stdin);
      assert.deepEqual(await backend.receive(id, place.stdin, bodyOf(raw), limits, never), first);
      await assert.rejects(
        backend.receive(id, place.stdin, bodyOf(sampleStdin()), limits, never),
        failsWith('ARTIFACT_CONFLICT'),
      );
      assert.deepEqual(await stored(first, place.stdin), raw);
      assert.deepEqual(await test.leftovers(), []);
    });

    it('measures an upload as it receives one, and keeps nothing', async () => {
      const id = sampleArtifactId();
      const [frame] = stdinFrames;
      const measured = await backend.measure(id, place.stdin, bodyOf(frame.bytes), limits, never);
      assert.deepEqual(measured, { id, sha256: frame.sha256, sizeBytes: frame.rawBytes });
      const malformed = backend.measure(id, place.stdin, bodyOf(frame.bytes.subarray(0, -1)), limits, never);
      await assert.rejects(malformed, failsWith('ARTIFACT_MALFORMED'));
      const large = backend.measure(id, place.stdin, bodyOf(frame.bytes), { ...limits, limitBytes: 100 }, never);
      await assert.rejects(large, failsWith('ARTIFACT_TOO_LARGE'));
      await assertNothingOf(id);
    });

    it('lets uploads of one id race: equal ones all succeed, of different ones the first', async () => {
      const [id, otherId] = [sampleArtifactId(), sampleArtifactId()];
      const ones = sampleStdin(Buffer.alloc(400_000, 1));
      const twos = sampleStdin(Buffer.alloc(400_000, 2));
      const equal = await Promise.all(
        [1, 2, 3].map(() => backend.receive(id, place.stdin, bodyOf(ones), limits, never)),
      );
      for (const ref of equal) assert.deepEqual(ref, { id, ...provenFile(ones) });

      const race = [ones, twos].map((bytes) => backend.receive(otherId, place.stdin, bodyOf(bytes), limits, never));
      const results = await Promise.allSettled(race);
      const winners = results.filter((result) => result.status === 'fulfilled');
      assert.equal(winners.length, 1);
      const [winner] = winners as [PromiseFulfilledResult<ArtifactRef>];
      assert.equal(sha256(await stored(winner.value, place.stdin)), winner.value.sha256);
      for (const result of results) if (result.status === 'rejected') failsWith('ARTIFACT_CONFLICT')(result.reason);
      assert.deepEqual(await test.leftovers(), []);
    });

    it('leaves nothing of an upload that breaks off, and takes it whole afterwards', async () => {
      const id = sampleArtifactId();
      const bytes = sampleStdin(Buffer.alloc(200_000, 3));
      const broken = silentAfter(bytes.subarray(0, 100_000));
      const cut = backend.receive(id, place.stdin, broken, { ...limits, announcedBytes: bytes.byteLength }, never);
      setImmediate(() => broken.destroy(new Error('socket hang up')));
      await assert.rejects(cut, failsWith('ARTIFACT_INCOMPLETE'));
      const short = bodyOf(bytes.subarray(0, 150_000));
      const ended = backend.receive(id, place.stdin, short, { ...limits, announcedBytes: bytes.byteLength }, never);
      await assert.rejects(ended, failsWith('ARTIFACT_INCOMPLETE'));
      await assertNothingOf(id);
      assert.deepEqual(await backend.receive(id, place.stdin, bodyOf(bytes), limits, never), {
        id,
        ...provenFile(bytes),
      });
    });

    it('leaves nothing of what is malformed, too large, a bomb, or given up', async () => {
      const id = sampleArtifactId();
      const [frame] = stdinFrames;
      const refused: [Uint8Array, FailureCode][] = [
        [Buffer.alloc(0), 'ARTIFACT_MALFORMED'],
        [sampleStdin(Buffer.of(1)).subarray(0, 20), 'ARTIFACT_MALFORMED'],
        [frame.bytes.subarray(0, -1), 'ARTIFACT_MALFORMED'],
        [Buffer.concat([frame.bytes, Buffer.of(0)]), 'ARTIFACT_MALFORMED'],
        [sampleStdin(Buffer.alloc(limits.limitBytes)), 'ARTIFACT_TOO_LARGE'],
      ];
      for (const [bytes, code] of refused) {
        await assert.rejects(backend.receive(id, place.stdin, bodyOf(bytes), limits, never), failsWith(code));
        await assertNothingOf(id);
      }
      // An empty body may be over before there is a listener. It is whole all the same, and a second try would not change it.
      const over = Readable.from([]).resume();
      await finished(over);
      await assert.rejects(backend.receive(id, place.stdin, over, limits, never), failsWith('ARTIFACT_MALFORMED'));
      // 64 MiB of zeros are a well-formed empty stdin followed by more, so the shape stops it. Without a shape the limit would.
      await assert.rejects(
        backend.receive(id, place.stdin, bodyOf(bomb.bytes), limits, never),
        failsWith('ARTIFACT_MALFORMED'),
      );
      const givenUp = new AbortController();
      const waiting = backend.receive(
        id,
        place.stdin,
        silentAfter(sampleStdin(Buffer.alloc(9)).subarray(0, 20)),
        limits,
        givenUp.signal,
      );
      givenUp.abort();
      await assert.rejects(waiting, failsWith('ABORTED'));
      await assertNothingOf(id);
    });

    it('adopts a finished output, also twice, also after another attempt wrote again', async () => {
      const id = sampleArtifactId();
      const proof = Buffer.alloc(5000, 1);
      await writeFile(backend.output(id, 'proof').path, proof);
      const ref = await backend.adopt(id, place.proof, provenFile(proof));
      assert.deepEqual(ref, { id, ...provenFile(proof) });
      assert.deepEqual(await backend.adopt(id, place.proof, provenFile(proof)), ref);

      const again = Buffer.alloc(5000, 2);
      await writeFile(backend.output(id, 'proof').path, again);
      assert.deepEqual(await backend.adopt(id, place.proof, provenFile(proof)), ref);
      assert.deepEqual(await stored(ref, place.proof), proof);
      await writeFile(backend.output(id, 'proof').path, again);
      assert.deepEqual(await stored(await backend.adopt(id, place.proof, provenFile(again)), place.proof), again);
      assert.deepEqual(await test.leftovers(), []);
    });

    it('adopts nothing that is missing or has another size', async () => {
      const id = sampleArtifactId();
      const proof = Buffer.alloc(10);
      await assert.rejects(backend.adopt(id, place.proof, provenFile(proof)), failsWith('ARTIFACT_NOT_FOUND'));
      await writeFile(backend.output(id, 'proof').path, Buffer.alloc(9));
      await assert.rejects(backend.adopt(id, place.proof, provenFile(proof)), failsWith('ARTIFACT_CORRUPT'));
      await backend.sweepScratch(() => false);
    });

    it('puts small ones as a whole, reads them back, and says what was changed', async () => {
      const id = sampleArtifactId();
      for (const bytes of [Buffer.alloc(0), Buffer.from('public values'), Buffer.from('others')]) {
        const ref = await backend.put(id, place.proof, bytes);
        assert.deepEqual(ref, { id, ...provenFile(bytes) });
        assert.deepEqual(await backend.read(ref, place.proof), bytes);
      }
      const ref = { id, ...provenFile(Buffer.from('ethers')) };
      await assert.rejects(backend.read(ref, place.proof), failsWith('ARTIFACT_CORRUPT'));
      await assert.rejects(
        backend.read({ ...ref, id: sampleArtifactId() }, place.proof),
        failsWith('ARTIFACT_NOT_FOUND'),
      );
      assert.deepEqual(await test.leftovers(), []);
    });

    it('opens ranges, and says so when there is nothing or not what was recorded', async () => {
      const id = sampleArtifactId();
      const bytes = sampleStdin(Buffer.from('0123456789'));
      const ref = await backend.receive(id, place.stdin, bodyOf(bytes), limits, never);
      assert.deepEqual(await buffer(await backend.open(ref, place.stdin, { start: 16, end: 19 })), Buffer.from('0123'));
      await assert.rejects(backend.open(ref, place.proof), failsWith('ARTIFACT_NOT_FOUND'));
      await assert.rejects(backend.open({ ...ref, sizeBytes: 1 }, place.stdin), failsWith('ARTIFACT_CORRUPT'));
    });

    it('removes, also what is not there', async () => {
      const id = sampleArtifactId();
      const ref = await backend.receive(id, place.stdin, bodyOf(sampleStdin()), limits, never);
      await backend.remove(id, place.stdin);
      await backend.remove(id, place.stdin);
      await assert.rejects(backend.open(ref, place.stdin), failsWith('ARTIFACT_NOT_FOUND'));
      assert.ok(!(await idsOf('stdin')).includes(id));
    });

    it('sweeps unfinished files but those that are kept', async () => {
      const [kept, gone] = [sampleArtifactId(), sampleArtifactId()];
      for (const id of [kept, gone]) await writeFile(backend.output(id, 'proof').path, 'x');
      await backend.sweepScratch((id) => id === kept);
      assert.deepEqual(await test.leftovers(), [kept]);
      await backend.sweepScratch(() => false);
      assert.deepEqual(await test.leftovers(), []);
    });
  });
}
