// A program is removed only while no request needs it, and what comes in at the same moment either counts or finds that it is gone.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import type { Address, ArtifactId, Sha256 } from '../ids.js';
import { programFor } from '../programs/programs.js';
import type { Act } from '../store/buckets.js';
import { failsWith } from '../testkit/artifacts/artifactContract.js';
import { sampleArtifactId } from '../testkit/sampleIds.js';
import { before } from '../testkit/service/actRig.js';
import { createMemoryPages } from '../testkit/world/memoryPages.js';
import { createWorld, requester, vkHash, type World } from '../testkit/world/world.js';

const other = '12'.repeat(20) as Address;
const act = (): Act => ({ ...before, action: 'program.remove', operationId: sampleArtifactId() });
const isDone = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );

async function rig(t: TestContext) {
  const world = await createWorld({ pages: createMemoryPages() });
  t.after(() => world.end());
  return { world, removal: world.assembly.programRemoval };
}

/** As two addresses have left it: the first one's is confirmed. */
async function registered(world: World): Promise<[ArtifactId, ArtifactId]> {
  const file = sampleArtifactId();
  const ids: [ArtifactId, ArtifactId] = [sampleArtifactId(), sampleArtifactId()];
  const owners = [requester, other] as const;
  await world.store.write((tx) => {
    const sha256 = '77'.repeat(32) as Sha256;
    tx.put('sharedFiles', [file], 2);
    for (const [index, owner] of owners.entries()) {
      const id = ids[index] as ArtifactId;
      const common = { owner, sha256, sizeBytes: 9, fileId: file };
      tx.put('artifacts', [id], { ...common, kind: 'program', private: false, storedAt: 0, references: [vkHash] });
      tx.put('programCounts', [owner], 3);
      const program = { ...common, vkHash, vk: 'ab', artifactId: id, createdAt: 0 };
      if (index === 0) tx.put('programs', [vkHash], { ...program, confirmed: true });
      else tx.put('programCandidates', [vkHash, owner], program);
    }
  });
  return ids;
}

describe('the removal of a program', () => {
  it('unregisters it for all, gives each its place back, and lets the sweep take the artifacts', async (t) => {
    const { world, removal } = await rig(t);
    const ids = await registered(world);
    await removal.remove(vkHash, act());
    for (const owner of [requester, other]) {
      assert.equal(programFor(world.store, vkHash, owner), undefined);
      assert.equal(world.store.get('programCounts', owner), 2);
    }
    assert.deepEqual(
      ids.map((id) => world.assembly.catalog.lookup(id)?.references),
      [[], []],
    );
    await world.clock.advance(3_600_000);
    await world.assembly.catalog.sweepUnreferenced();
    assert.deepEqual(
      ids.map((id) => world.assembly.catalog.lookup(id)),
      [undefined, undefined],
    );
    await assert.rejects(removal.remove(vkHash, act()), failsWith('PROGRAM_UNKNOWN'));
    assert.equal(world.assembly.audit.list(9).length, 1);
  });

  it('is refused while a request needs it, and not for one that has brought its own', async (t) => {
    const { world, removal } = await rig(t);
    const id = await world.submit();
    await assert.rejects(removal.remove(vkHash, act()), failsWith('PROGRAM_IN_USE'));
    assert.throws(() => removal.assertUnused(vkHash), failsWith('PROGRAM_IN_USE'));
    await world.system.registry.cancel(id);
    const program = { id: sampleArtifactId(), sha256: '77'.repeat(32) as Sha256, sizeBytes: 1 };
    await world.submit({ program });
    await removal.remove(vkHash, act());
    assert.equal(world.assembly.audit.list(9).length, 1);
  });

  it('never leaves a request without its program, however both come together', async () => {
    const step = fc.constantFrom<Step>('submit', 'remove', 'turn', 'flush');
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 12 }), together), { numRuns: 30 });
  });
});

type Step = 'submit' | 'remove' | 'turn' | 'flush';

/** On a disk that flushes when it is told to. */
async function together(steps: readonly Step[]): Promise<void> {
  const flushes: (() => void)[] = [];
  let isSlow = false;
  const pages = createMemoryPages({
    flush: () => (isSlow ? new Promise<void>((resolve) => flushes.push(resolve)) : Promise.resolve()),
  });
  const world = await createWorld({ pages });
  const flush = () => {
    for (const each of flushes.splice(0)) each();
  };
  await registered(world);
  // Laid down while the disk is quick: of each only what it asks for is of interest.
  const inputs = steps.map(() => sampleArtifactId());
  for (const id of inputs) await world.upload(id, requester, 'x');
  isSlow = true;
  const submitted: Promise<boolean>[] = [];
  const removed: Promise<boolean>[] = [];
  for (const [index, step] of steps.entries()) {
    if (step === 'submit') submitted.push(isDone(world.submit({ stdinId: inputs[index] as ArtifactId })));
    else if (step === 'remove') removed.push(isDone(world.assembly.programRemoval.remove(vkHash, act())));
    else if (step === 'turn') await world.clock.turn();
    else flush();
  }
  isSlow = false;
  const all = Promise.all([...submitted, ...removed]).then(() => true);
  for (let isOver = false; !isOver; ) {
    flush();
    isOver = await Promise.race([all, world.clock.turn().then(() => false)]);
  }
  const count = async (works: readonly Promise<boolean>[]) => (await Promise.all(works)).filter(Boolean).length;
  const [taken, gone] = [await count(submitted), await count(removed)];
  assert.ok(gone <= 1 && (gone === 0 || taken === 0), `${taken} taken in, removed ${gone} times`);
  assert.equal(programFor(world.store, vkHash, requester) === undefined, gone === 1);
  assert.equal(world.assembly.audit.list(9).length, gone);
  await world.end();
}
