// What may be deleted when, and what a crash, an upload or a deletion in between must not break.

import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Address, ArtifactId, Sha256 } from '../ids.js';
import type { ArtifactRecord } from '../store/buckets.js';
import type { Store } from '../store/environment.js';
import { failsWith } from '../testkit/artifacts/artifactContract.js';
import { catalogRig } from '../testkit/artifacts/catalogRig.js';
import type { FilesInMemory } from '../testkit/artifacts/filesInMemory.js';
import { sampleArtifactId } from '../testkit/sampleIds.js';
import type { SimulatedClock } from '../testkit/world/simulatedClock.js';
import type { UploadClaims } from './capability.js';
import { type Catalog, createCatalog, type UploadIntake } from './catalog.js';
import type { ArtifactRef } from './port.js';

const hourMs = 3_600_000;
const owner = '11'.repeat(20) as Address;
const claims = (id = sampleArtifactId()): UploadClaims => ({ id, kind: 'stdin', private: false, owner, expiresAt: 0 });
const refOf = (id: ArtifactId, digit = 'a'): ArtifactRef => ({ id, sha256: digit.repeat(64) as Sha256, sizeBytes: 10 });

describe('the catalog', () => {
  const rig = catalogRig();
  let store: Store;
  let clock: SimulatedClock;
  let files: FilesInMemory;
  let catalog: Catalog;
  beforeEach(() => {
    ({ store, clock, files, catalog } = rig);
  });

  const storing = (id: ArtifactId, digit = 'a', meanwhile = async () => {}): UploadIntake => ({
    async receive() {
      files.add(id);
      await meanwhile();
      return refOf(id, digit);
    },
    measure: async () => refOf(id, digit),
    announcedBytes: undefined,
  });

  async function uploaded(id = sampleArtifactId(), digit = 'a'): Promise<ArtifactId> {
    await catalog.upload(claims(id), storing(id, digit));
    return id;
  }

  it('records an upload, again with the same bytes, not with others or for another owner', async () => {
    const id = await uploaded();
    await store.write((tx) => catalog.reference(tx, id, 'request'));
    await clock.advance(1000);
    await uploaded(id);
    assert.deepEqual(catalog.lookup(id), {
      kind: 'stdin',
      owner,
      private: false,
      sha256: 'a'.repeat(64),
      sizeBytes: 10,
      storedAt: clock.now(),
      references: ['request'],
    });
    await assert.rejects(uploaded(id, 'b'), failsWith('ARTIFACT_CONFLICT'));
    const byOther = { ...claims(id), owner: '22'.repeat(20) as Address };
    await assert.rejects(catalog.upload(byOther, storing(id)), failsWith('ARTIFACT_CONFLICT'));
  });

  it('records nothing of an upload that fails', async () => {
    const id = sampleArtifactId();
    const cut = () => Promise.reject(new Error('cut off'));
    const failing = catalog.upload(claims(id), { receive: cut, measure: cut, announcedBytes: undefined });
    await assert.rejects(failing, /cut off/);
    assert.equal(catalog.lookup(id), undefined);
  });

  it('gives an artifact to its owner and as its kind only', async () => {
    const id = await uploaded();
    assert.equal(catalog.owned(id, 'stdin', owner).sizeBytes, 10);
    assert.throws(() => catalog.owned(id, 'stdin', '22'.repeat(20) as Address), failsWith('ARTIFACT_NOT_OWNED'));
    assert.throws(() => catalog.owned(id, 'program', owner), failsWith('ARTIFACT_NOT_UPLOADED'));
    assert.throws(() => catalog.owned(sampleArtifactId(), 'stdin', owner), failsWith('ARTIFACT_NOT_UPLOADED'));
  });

  it('references inside the transaction of the caller: both are kept, or neither', async () => {
    const id = await uploaded();
    const failing = store.write((tx) => {
      catalog.reference(tx, id, 'request');
      throw new Error('no');
    });
    await assert.rejects(failing, /no/);
    assert.deepEqual(catalog.lookup(id)?.references, []);
    await assert.rejects(
      store.write((tx) => catalog.reference(tx, sampleArtifactId(), 'request')),
      failsWith('ARTIFACT_NOT_UPLOADED'),
    );
  });

  it('deletes nothing that is referenced, and what is spent', async () => {
    const id = await uploaded();
    await store.write((tx) => {
      catalog.reference(tx, id, 'one');
      catalog.reference(tx, id, 'one');
    });
    assert.deepEqual(catalog.lookup(id)?.references, ['one']);
    assert.equal(await catalog.sweepUnreferenced(0), 0);
    await store.write((tx) => catalog.spend(tx, id));
    assert.equal(await catalog.sweepUnreferenced(0), 1);
    assert.ok(!files.has(id));
  });

  it('deletes what is old among more than it looks at in one turn', async () => {
    const ids = Array.from({ length: 1_000 }, () => sampleArtifactId());
    const record = { kind: 'stdin', owner, private: false, sha256: 'a'.repeat(64) as Sha256, sizeBytes: 10 } as const;
    const needed = new Set(ids.filter((_, n) => n % 3 === 0));
    await store.write((tx) => {
      for (const id of ids)
        tx.put('artifacts', [id], { ...record, storedAt: clock.now(), references: needed.has(id) ? ['one'] : [] });
    });
    assert.equal(await catalog.sweepUnreferenced(0), ids.length - needed.size);
    assert.deepEqual(new Set(ids.filter((id) => catalog.lookup(id) !== undefined)), needed);
  });

  describe('a spent artifact', () => {
    async function spent(): Promise<ArtifactId> {
      const id = await uploaded();
      await store.write((tx) => catalog.reference(tx, id, 'request'));
      await store.write((tx) => catalog.spend(tx, id));
      files.present.clear();
      return id;
    }

    it('is no longer there for a request', async () => {
      const id = await spent();
      assert.throws(() => catalog.owned(id, 'stdin', owner), failsWith('ARTIFACT_NOT_UPLOADED'));
      const again = store.write((tx) => catalog.reference(tx, id, 'another'));
      await assert.rejects(again, failsWith('ARTIFACT_NOT_UPLOADED'));
    });

    it('takes the same bytes again without storing them, and no others', async () => {
      const id = await spent();
      const record = await catalog.upload(claims(id), storing(id));
      assert.deepEqual(record, catalog.lookup(id));
      assert.equal(record.spent, true);
      await assert.rejects(uploaded(id, 'b'), failsWith('ARTIFACT_CONFLICT'));
      const byOther = { ...claims(id), owner: '22'.repeat(20) as Address };
      await assert.rejects(catalog.upload(byOther, storing(id)), failsWith('ARTIFACT_CONFLICT'));
      assert.deepEqual([...files.present], []);
    });

    it('is not brought back by an upload that was under way when its request ended', async () => {
      const id = await uploaded();
      const ending = async () => {
        await store.write((tx) => catalog.spend(tx, id));
        files.present.clear();
        files.add(id);
      };
      assert.equal((await catalog.upload(claims(id), storing(id, 'a', ending))).spent, true);
      assert.ok(!files.has(id));
    });

    it('whose file a crash has left loses it at the next start, and its record when no URL can name it', async () => {
      const id = await spent();
      files.add(id);
      assert.equal(await catalog.sweepOrphans(() => false), 1);
      assert.ok(!files.has(id) && catalog.lookup(id) !== undefined);
      await clock.advance(hourMs);
      assert.equal(await catalog.sweepUnreferenced(), 1);
      assert.equal(catalog.lookup(id), undefined);
    });
  });

  it('removes the record before the file, so that a crash in between leaves a file without record', async () => {
    const id = await uploaded();
    files.beforeRemove = () => Promise.reject(new Error('crash'));
    await assert.rejects(catalog.sweepUnreferenced(0), /crash/);
    assert.equal(catalog.lookup(id), undefined);
    assert.ok(files.has(id));
    files.beforeRemove = async () => undefined;
    assert.equal(await catalog.sweepOrphans(() => false), 1);
    assert.ok(!files.has(id));
  });

  it('sweeps an upload after an hour of running time, whatever becomes of the clock', async () => {
    const early = await uploaded();
    await clock.set(50 * 365 * 24 * hourMs);
    assert.equal(await catalog.sweepUnreferenced(), 0);
    await clock.advance(hourMs / 2);
    const late = await uploaded();
    await clock.set(-100 * hourMs);
    await clock.advance(hourMs / 2);
    assert.equal(await catalog.sweepUnreferenced(), 1);
    assert.deepEqual([files.has(early), files.has(late)], [false, true]);
    // A start with a clock that is behind what was recorded.
    await clock.set(-100 * hourMs);
    catalog = createCatalog({ store, backend: files, clock });
    await clock.advance(hourMs - 1);
    assert.equal(await catalog.sweepUnreferenced(), 0);
    await clock.advance(1);
    assert.equal(await catalog.sweepUnreferenced(), 1);
  });

  it('sweeps what nothing references and is old enough', async () => {
    const [old, referenced] = [await uploaded(), await uploaded()];
    await store.write((tx) => catalog.reference(tx, referenced, 'request'));
    await clock.advance(hourMs);
    const young = await uploaded();
    assert.equal(await catalog.sweepUnreferenced(), 1);
    assert.deepEqual(
      [old, referenced, young].map((id) => files.has(id)),
      [false, true, true],
    );
    assert.deepEqual(
      [old, referenced, young].map((id) => catalog.lookup(id) !== undefined),
      [false, true, true],
    );
    assert.equal(await catalog.sweepUnreferenced(0), 1);
  });

  it('tells how much was stored when it was swept last: each file once, and nothing of what is gone', async () => {
    assert.equal(catalog.stored(), undefined);
    await uploaded();
    await clock.advance(hourMs);
    const [spent] = [await uploaded(), await uploaded()];
    const program: ArtifactRecord = {
      kind: 'program',
      owner,
      private: false,
      sha256: 'b'.repeat(64) as Sha256,
      sizeBytes: 7,
      fileId: sampleArtifactId(),
      storedAt: clock.now(),
      references: ['vk'],
    };
    await store.write((tx) => {
      catalog.spend(tx, spent);
      for (const id of [sampleArtifactId(), sampleArtifactId()]) tx.put('artifacts', [id], program);
    });
    await catalog.sweepUnreferenced();
    assert.deepEqual(Object.fromEntries(catalog.stored() ?? []), {
      program: { files: 1, bytes: 7 },
      stdin: { files: 1, bytes: 10 },
      proof: { files: 0, bytes: 0 },
    });
  });

  it('sweeps files without a record, of every kind, but those that are kept', async () => {
    const recorded = await uploaded();
    const [program, keptProof] = [sampleArtifactId(), sampleArtifactId()];
    files.add(program, 'program');
    files.add(keptProof, 'proof');
    assert.equal(await catalog.sweepOrphans((id) => id === keptProof), 1);
    assert.deepEqual(
      [files.has(recorded), files.has(program, 'program'), files.has(keptProof, 'proof')],
      [true, false, true],
    );
  });

  it('deletes nothing under an upload: neither its record of before nor its file that has no record yet', async () => {
    const [again, fresh] = [await uploaded(), sampleArtifactId()];
    await clock.advance(hourMs);
    let finish: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const uploads = [again, fresh].map((id) =>
      catalog.upload(
        claims(id),
        storing(id, 'a', () => gate),
      ),
    );
    assert.equal(await catalog.sweepUnreferenced(), 0);
    assert.equal(await catalog.sweepOrphans(() => false), 0);
    assert.equal(await catalog.sweepUnreferenced(0), 0);
    finish();
    await Promise.all(uploads);
    for (const id of [again, fresh]) assert.ok(files.has(id) && catalog.lookup(id) !== undefined);
  });

  it('lets an upload of an id wait until its deletion is through', async () => {
    const id = await uploaded();
    let upload: Promise<unknown> = Promise.resolve();
    files.beforeRemove = async () => {
      upload = uploaded(id);
      await clock.settle();
    };
    await catalog.sweepUnreferenced(0);
    await upload;
    assert.ok(files.has(id) && catalog.lookup(id) !== undefined);
  });
});
