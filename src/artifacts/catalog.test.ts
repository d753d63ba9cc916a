// What may be deleted when, and what a crash, an upload or a deletion in between must not break.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Address, type ArtifactId, newArtifactId, type Sha256 } from '../ids.js';
import { openStore, type Store } from '../store/environment.js';
import { failsWith } from '../testkit/artifactContract.js';
import { SimulatedClock } from '../testkit/simulatedClock.js';
import type { UploadClaims } from './capability.js';
import { type Catalog, createCatalog, type UploadIntake } from './catalog.js';
import type { ArtifactBackend, ArtifactKind, ArtifactPlace, ArtifactRef } from './port.js';

const hourMs = 3_600_000;
const owner = '11'.repeat(20) as Address;
const claims = (id = newArtifactId()): UploadClaims => ({ id, kind: 'stdin', private: false, owner, expiresAt: 0 });
const refOf = (id: ArtifactId, digit = 'a'): ArtifactRef => ({ id, sha256: digit.repeat(64) as Sha256, sizeBytes: 10 });

/** The files, as a set: what the catalog asks to remove, and when, is what these tests are about. */
class FilesInMemory implements Pick<ArtifactBackend, 'remove' | 'list'> {
  readonly present = new Set<string>();
  beforeRemove: () => Promise<void> = async () => undefined;
  has = (id: ArtifactId, kind: ArtifactKind = 'stdin') => this.present.has(`${kind}/${id}`);
  add = (id: ArtifactId, kind: ArtifactKind = 'stdin') => void this.present.add(`${kind}/${id}`);

  async remove(id: ArtifactId, { kind }: ArtifactPlace) {
    await this.beforeRemove();
    this.present.delete(`${kind}/${id}`);
  }

  async *list(kind: ArtifactKind) {
    for (const entry of [...this.present]) {
      if (entry.startsWith(kind))
        yield { id: entry.slice(kind.length + 1) as ArtifactId, place: { kind, private: false } };
    }
  }
}

describe('the catalog', () => {
  let folder: string;
  let store: Store;
  let clock: SimulatedClock;
  let files: FilesInMemory;
  let catalog: Catalog;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sealed-catalog-'));
    store = await openStore(folder);
    clock = new SimulatedClock();
    files = new FilesInMemory();
    catalog = createCatalog({ store, backend: files, clock });
  });

  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
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

  async function uploaded(id = newArtifactId(), digit = 'a'): Promise<ArtifactId> {
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
    const id = newArtifactId();
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
    assert.throws(() => catalog.owned(newArtifactId(), 'stdin', owner), failsWith('ARTIFACT_NOT_UPLOADED'));
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
      store.write((tx) => catalog.reference(tx, newArtifactId(), 'request')),
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
    const ids = Array.from({ length: 1_000 }, () => newArtifactId());
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

  it('sweeps files without a record, of every kind, but those that are kept', async () => {
    const recorded = await uploaded();
    const [program, keptProof] = [newArtifactId(), newArtifactId()];
    files.add(program, 'program');
    files.add(keptProof, 'proof');
    assert.equal(await catalog.sweepOrphans((id) => id === keptProof), 1);
    assert.deepEqual(
      [files.has(recorded), files.has(program, 'program'), files.has(keptProof, 'proof')],
      [true, false, true],
    );
  });

  it('deletes nothing under an upload: neither its record of before nor its file that has no record yet', async () => {
    const [again, fresh] = [await uploaded(), newArtifactId()];
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
