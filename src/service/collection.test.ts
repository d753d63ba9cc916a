// What is collected while the service takes new files: what nothing needs, and never what was uploaded, asked for or proved meanwhile.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ArtifactId } from '../ids.js';
import { sampleStdin } from '../testkit/artifacts/sampleArtifacts.js';
import { successOf } from '../testkit/engine/scriptedLanes.js';
import { sampleArtifactId } from '../testkit/sampleIds.js';
import { before } from '../testkit/service/actRig.js';
import { createMemoryPages } from '../testkit/world/memoryPages.js';
import { createWorld, requester, type World } from '../testkit/world/world.js';
import { checkData } from './backup/checkData.js';

const act = () => ({ ...before, action: 'artifacts.collect', operationId: sampleArtifactId() });

async function collect({ assembly: { collection } }: World): Promise<void> {
  await collection.collect(await collection.find(), act());
}

/** As a crash leaves it. */
function layOrphan({ layout }: World, bytes: Buffer = Buffer.from('nobody knows it')): string {
  const { path } = layout.final(sampleArtifactId(), 'stdin');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}

/** `gate`: its file is there, and its record waits for it. */
async function upload(
  { assembly, artifacts }: World,
  bytes: Buffer,
  id = sampleArtifactId(),
  gate?: Promise<void>,
): Promise<ArtifactId> {
  const place = { kind: 'stdin', private: false } as const;
  const limits = { limitBytes: 10_000, announcedBytes: undefined };
  const { signal } = new AbortController();
  // In two pieces: something may come in between.
  const body = () => Readable.from([bytes.subarray(0, 3), bytes.subarray(3)]);
  await assembly.catalog.upload(
    { id, ...place, owner: requester, expiresAt: 0 },
    {
      async receive(nameFile) {
        const received = await artifacts.receive(id, place, body(), limits, signal, nameFile);
        await gate;
        return received;
      },
      measure: () => artifacts.measure(id, place, body(), limits, signal),
      announcedBytes: undefined,
    },
  );
  return id;
}

async function problemsOf({ store, layout, clock }: World): Promise<string[]> {
  const found: string[] = [];
  for await (const { code, id, sentence } of checkData({
    store,
    layout,
    turn: clock.turn,
    isDeep: false,
    hasBucket: false,
  }))
    if (code.startsWith('FILE')) found.push(`${code} ${id}: ${sentence}`);
  return found;
}

type Step = 'upload' | 'submit' | 'open' | 'stage' | 'orphan' | 'collect' | 'turn' | 'settle';

interface Course {
  readonly world: World;
  readonly under: Promise<unknown>[];
  readonly gates: (() => void)[];
  readonly orphans: string[];
}

const gateOf = ({ gates }: Course): Promise<void> => new Promise((resolve) => gates.push(resolve));

async function step(course: Course, what: Step): Promise<void> {
  const { world, under, gates, orphans } = course;
  const bytes = sampleStdin(Buffer.alloc(20));
  if (what === 'upload') under.push(upload(world, bytes, sampleArtifactId(), gateOf(course)));
  else if (what === 'submit') under.push(upload(world, bytes).then((stdinId) => world.submit({ stdinId })));
  else if (what === 'open') gates.shift()?.();
  else if (what === 'stage') endStage(world);
  else if (what === 'orphan') orphans.push(layOrphan(world));
  else if (what === 'collect')
    under.push(collect(world).catch((error: Error) => assert.match(error.message, /NOTHING_TO_DO/)));
  else if (what === 'turn') await world.clock.turn();
  else await world.settle();
}

/** Of the job that has waited longest. */
function endStage({ lanes }: World): void {
  const [next] = lanes.waiting;
  if (next?.isGranted() === false) next.grant();
  next?.answer(successOf(next.job));
}

async function together(steps: readonly Step[]): Promise<void> {
  const world = await createWorld({ pages: createMemoryPages() });
  const course: Course = { world, under: [], gates: [], orphans: [] };
  const ids = [await world.submit(), await world.submit()];
  await world.settle();
  for (const each of steps) await step(course, each);
  for (const open of course.gates) open();
  await Promise.all(course.under);
  await world.settle();
  assert.deepEqual(await problemsOf(world), []);
  await collect(world);
  assert.deepEqual(course.orphans.filter(existsSync), []);
  while (world.lanes.waiting.length > 0) {
    endStage(world);
    await world.settle();
  }
  for (const id of ids) assert.equal(world.system.registry.view(id)?.state, 'fulfilled');
  assert.deepEqual(await problemsOf(world), []);
  await world.end();
}

describe('collecting', () => {
  it('takes files without a record, what nothing has needed for an hour, and nothing else', async (t) => {
    const world = await createWorld({ pages: createMemoryPages() });
    t.after(() => world.end());
    const orphan = layOrphan(world);
    const [old, needed] = [
      await upload(world, sampleStdin(Buffer.alloc(100))),
      await upload(world, sampleStdin(Buffer.alloc(40))),
    ];
    const id = await world.submit({ stdinId: needed });
    await world.settle();
    await world.clock.advance(3_600_000);
    const fresh = await upload(world, sampleStdin(Buffer.alloc(50)));
    const found = await world.assembly.collection.find();
    assert.deepEqual(
      [found.unreferenced, found.bytes, found.orphans.length],
      [1, sampleStdin(Buffer.alloc(100)).byteLength, 1],
    );
    assert.ok(existsSync(orphan) && world.assembly.audit.list(1).length === 0);
    await world.assembly.collection.collect(found, act());
    assert.equal(existsSync(orphan), false);
    assert.deepEqual(
      [old, needed, fresh].map((each) => existsSync(world.layout.final(each, 'stdin').path)),
      [false, true, true],
    );
    assert.equal(world.assembly.audit.list(1)[0]?.action, 'artifacts.collect');
    assert.equal(world.system.registry.view(id)?.request.stdin.id, needed);
  });

  it('leaves a proof that is there and not recorded yet', async (t) => {
    const world = await createWorld({ pages: createMemoryPages() });
    t.after(() => world.end());
    const id = await world.submit();
    await world.settle();
    await world.endStage(id);
    await world.endStage(id);
    assert.equal(world.system.registry.view(id)?.state, 'verifying');
    assert.equal(world.store.get('artifacts', sampleArtifactId()), undefined);
    const { orphans } = await world.assembly.collection.find();
    assert.deepEqual(orphans, []);
    await collect(world);
    await world.endStage(id);
    assert.equal(world.system.registry.view(id)?.state, 'fulfilled');
    assert.deepEqual(await problemsOf(world), []);
  });

  it('spares one that was found as an orphan and is uploaded before it is deleted', async (t) => {
    const world = await createWorld({ pages: createMemoryPages() });
    t.after(() => world.end());
    const path = layOrphan(world, sampleStdin(Buffer.alloc(60)));
    const found = await world.assembly.collection.find();
    assert.equal(found.orphans.length, 1);
    await upload(world, sampleStdin(Buffer.alloc(60)), found.orphans[0]?.id);
    await world.assembly.collection.collect(found, act());
    assert.ok(existsSync(path));
  });

  it('leaves a file whose upload has not come to its record yet', async (t) => {
    const world = await createWorld({ pages: createMemoryPages() });
    t.after(() => world.end());
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const id = sampleArtifactId();
    const { path } = world.layout.final(id, 'stdin');
    const uploading = upload(world, sampleStdin(Buffer.alloc(70)), id, gate);
    while (!existsSync(path)) await world.clock.turn();
    await collect(world);
    assert.ok(existsSync(path));
    open();
    await uploading;
    assert.deepEqual(await problemsOf(world), []);
  });

  it('loses nothing, whatever is uploaded, asked for and proved meanwhile', async () => {
    const each = fc.constantFrom<Step>(
      ...([
        'upload',
        'submit',
        'open',
        'orphan',
        'collect',
        'collect',
        'turn',
        'stage',
        'stage',
        'settle',
        'settle',
      ] as const),
    );
    await fc.assert(fc.asyncProperty(fc.array(each, { minLength: 5, maxLength: 40 }), together), { numRuns: 15 });
  });
});
