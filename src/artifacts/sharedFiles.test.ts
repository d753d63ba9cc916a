// Programs with the same bytes are one file, which goes with the last record that names it.

import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Address, ArtifactId, Sha256 } from '../ids.js';
import type { Store } from '../store/environment.js';
import { failsWith } from '../testkit/artifacts/artifactContract.js';
import { catalogRig } from '../testkit/artifacts/catalogRig.js';
import type { FilesInMemory } from '../testkit/artifacts/filesInMemory.js';
import { sampleArtifactId } from '../testkit/sampleIds.js';
import type { SimulatedClock } from '../testkit/world/simulatedClock.js';
import type { UploadClaims } from './capability.js';
import type { Catalog, UploadIntake } from './catalog.js';
import type { ArtifactRef } from './port.js';

const hourMs = 3_600_000;
const refOf = (id: ArtifactId, digit = 'a'): ArtifactRef => ({ id, sha256: digit.repeat(64) as Sha256, sizeBytes: 10 });

describe('the catalog of programs with the same bytes', () => {
  const rig = catalogRig();
  let store: Store;
  let clock: SimulatedClock;
  let files: FilesInMemory;
  let catalog: Catalog;
  beforeEach(() => {
    ({ store, clock, files, catalog } = rig);
  });

  const program = (owner: string): UploadClaims => ({
    id: sampleArtifactId(),
    kind: 'program',
    private: false,
    owner: owner.repeat(20) as Address,
    expiresAt: 0,
  });
  /** As a backend does it: named when the digest is known, then kept. */
  const intake = (id: ArtifactId, digit = 'a', meanwhile = async () => {}): UploadIntake => ({
    async receive(nameFile) {
      const { sha256, sizeBytes } = refOf(id, digit);
      const file = (await nameFile?.(sha256)) ?? id;
      files.add(file, 'program');
      await meanwhile();
      return { id: file, sha256, sizeBytes };
    },
    measure: async () => refOf(id, digit),
    announcedBytes: undefined,
  });
  const file = 'a'.repeat(64) as ArtifactId;

  it('keeps one file, until the last of them goes', async () => {
    const [one, other] = [program('11'), program('22')];
    await Promise.all([one, other].map((each) => catalog.upload(each, intake(each.id))));
    await catalog.upload(one, intake(one.id));
    assert.deepEqual([...files.present], [`program/${file}`]);
    await store.write((tx) => catalog.reference(tx, one.id, 'vk'));
    await clock.advance(2 * hourMs);
    assert.equal(await catalog.sweepUnreferenced(), 1);
    assert.equal(catalog.lookup(other.id), undefined);
    assert.equal(await catalog.sweepOrphans(() => false), 0);
    assert.ok(files.has(file, 'program'));
    await store.write((tx) => catalog.unreference(tx, one.id, 'vk'));
    assert.equal(await catalog.sweepUnreferenced(), 1);
    assert.deepEqual([...files.present], []);
    assert.equal(store.get('sharedFiles', file), undefined);
  });

  it('gives nothing to one address for what another has stored', async () => {
    const [one, other] = [program('11'), program('22')];
    for (const each of [one, other]) await catalog.upload(each, intake(each.id));
    assert.throws(() => catalog.owned(one.id, 'program', other.owner), failsWith('ARTIFACT_NOT_OWNED'));
    assert.throws(() => catalog.owned(file, 'program', one.owner), failsWith('ARTIFACT_NOT_UPLOADED'));
  });

  it('keeps the file of the others when other bytes come under an id', async () => {
    const [one, other] = [program('11'), program('22')];
    await catalog.upload(one, intake(one.id));
    await catalog.upload(other, intake(other.id, 'b'));
    await assert.rejects(catalog.upload(one, intake(one.id, 'b')), failsWith('ARTIFACT_CONFLICT'));
    await assert.rejects(catalog.upload(one, intake(one.id, 'c')), failsWith('ARTIFACT_CONFLICT'));
    assert.deepEqual([...files.present].sort(), [`program/${file}`, `program/${'b'.repeat(64)}`]);
  });

  it('deletes no file under an upload of it, and lets an upload wait for its deletion', async () => {
    const [old, young, last] = [program('11'), program('11'), program('11')];
    await catalog.upload(old, intake(old.id));
    await clock.advance(2 * hourMs);
    await catalog.upload(
      young,
      intake(young.id, 'a', async () => void assert.equal(await catalog.sweepUnreferenced(), 0)),
    );
    assert.equal(await catalog.sweepUnreferenced(), 1);
    assert.ok(files.has(file, 'program'));

    await clock.advance(2 * hourMs);
    // Made before it is asked for: the record is gone a moment earlier.
    let deleted = () => {};
    const isDeleted = new Promise<void>((resolve) => {
      deleted = resolve;
    });
    files.beforeRemove = () => isDeleted;
    const sweep = catalog.sweepUnreferenced();
    while (catalog.lookup(young.id) !== undefined) await new Promise(setImmediate);
    const upload = catalog.upload(last, intake(last.id));
    deleted();
    assert.equal(await sweep, 1);
    await upload;
    assert.ok(files.has(file, 'program'));
  });

  it('leaves those of earlier releases in their own files', async () => {
    const one = program('11');
    files.add(one.id, 'program');
    const { sha256, sizeBytes } = refOf(one.id);
    await store.write((tx) =>
      tx.put('artifacts', [one.id], {
        kind: 'program',
        owner: one.owner,
        private: false,
        sha256,
        sizeBytes,
        storedAt: 0,
        references: [],
      }),
    );
    await catalog.upload(one, intake(one.id));
    assert.deepEqual([...files.present], [`program/${one.id}`]);
    await clock.advance(2 * hourMs);
    await catalog.sweepUnreferenced();
    assert.deepEqual([...files.present], []);
  });
});
