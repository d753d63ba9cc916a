// A backup of a world that goes on meanwhile, restored elsewhere: what is in it, what is not, and what becomes of open requests there.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { RequestId, Sha256 } from '../../ids.js';
import { createLog } from '../../log.js';
import { openStore } from '../../store/environment.js';
import { createLayout } from '../../storedBytes/layout.js';
import { sampleArtifactId } from '../../testkit/sampleIds.js';
import { temporaryFolder } from '../../testkit/temporaryFolder.js';
import { createWorld, requester, type World } from '../../testkit/world/world.js';
import { checkData, digestOf } from './checkData.js';
import { makeBackup } from './makeBackup.js';
import { BackupError } from './manifest.js';
import { restoreBackup } from './restoreBackup.js';

const canary = 'CANARY-OF-AN-INPUT';
const key = Buffer.from('CANARY-OF-THE-UPLOAD-KEY-32bytes');
const url = 'https://network.example/CANARY-OF-A-URL';

/** One proved, one that runs, with secrets wherever the store has some. */
async function busyWorld(): Promise<{ world: World; open: RequestId }> {
  const world = await createWorld();
  await world.store.write((tx) => {
    tx.put('meta', ['uploadKey'], key);
    tx.put('networkUploads', ['s3://program'], {
      artifactId: sampleArtifactId(),
      presignedUrl: url,
      pushed: false,
      at: 1,
    });
  });
  await prove(world);
  const stdinId = sampleArtifactId();
  await world.upload(stdinId, requester, canary);
  const open = await world.submit({ stdinId });
  await world.settle();
  await world.endStage(open);
  return { world, open };
}

/** To its proof, with the file that a lane leaves. */
async function prove(world: World): Promise<void> {
  await world.prove(0);
  for (const view of world.seen)
    if (view.state === 'fulfilled') {
      const { id, sizeBytes } = view.proof;
      const { path } = world.layout.final(id, 'proof');
      writeFileSync(path, Buffer.alloc(sizeBytes));
      const record = world.store.get('artifacts', id);
      assert.ok(record);
      const digest = (await digestOf(path)) as Sha256;
      await world.store.write((tx) => tx.put('artifacts', [id], { ...record, sha256: digest }));
    }
}

const parts = (world: World) => ({
  ...world,
  ...world.assembly,
  data: world.folder,
  version: '0.0.0',
  signal: new AbortController().signal,
  log: createLog('silent'),
});
const free = () => join(temporaryFolder('backup'), 'here');
const time = { now: () => 1, turn: () => new Promise<void>((resolve) => setImmediate(resolve)) };
const bytesUnder = (folder: string): string =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n');

async function findingsIn(world: World) {
  const found = [];
  const of = { store: world.store, layout: world.layout, turn: time.turn, isDeep: true, hasBucket: false };
  for await (const each of checkData(of)) found.push(`${each.code} ${each.sentence}`);
  return found;
}

describe('a backup', () => {
  it('holds no input, no key and no URL unless inputs are asked for', async () => {
    const { world } = await busyWorld();
    const [without, withInputs] = [free(), free()];
    const report = await makeBackup(parts(world), { folder: without, withInputs: false });
    assert.equal(report.openRequests, 1);
    const bytes = bytesUnder(without);
    for (const secret of [canary, key.toString('latin1'), url]) assert.ok(!bytes.includes(secret), secret);
    await makeBackup(parts(world), { folder: withInputs, withInputs: true });
    const all = bytesUnder(withInputs);
    for (const secret of [canary, key.toString('latin1'), url]) assert.ok(all.includes(secret), secret);
    for (const folder of [without, withInputs]) assert.equal(statSync(folder).mode & 0o077, 0);
    await world.end();
  });

  it('is of one moment, while requests move, and is restored only into an empty folder', async () => {
    const { world, open } = await busyWorld();
    const folder = free();
    const making = makeBackup(parts(world), { folder, withInputs: true });
    await Promise.all([making, ...Array.from({ length: 20 }, () => world.submit())]);
    const data = join(temporaryFolder('restored'), 'data');
    const { problems, manifest } = await restoreBackup({ folder, data }, time);
    assert.deepEqual(problems, []);
    assert.equal(manifest.withInputs, true);
    const store = await openStore(join(data, 'store'));
    assert.equal(store.get('openRequests', open), true);
    const stdin = world.system.registry.view(open)?.request.stdin.id;
    assert.ok(stdin);
    assert.equal(readFileSync(createLayout(join(data, 'artifacts')).final(stdin, 'stdin').path, 'utf8'), canary);
    assert.deepEqual(store.get('meta', 'restoredFrom'), { madeAt: manifest.madeAt, feed: manifest.feed, at: 1 });
    await store.close();
    await assert.rejects(restoreBackup({ folder, data }, time), /holds data already/);
    const other = temporaryFolder('other');
    writeFileSync(join(other, 'letter.txt'), 'mine');
    await assert.rejects(restoreBackup({ folder, data: other }, time), /holds other things/);
    assert.deepEqual(readdirSync(other), ['letter.txt']);
    await world.end();
  });

  it('that has changed, or is none, is not restored', async () => {
    const { world } = await busyWorld();
    const folder = free();
    await makeBackup(parts(world), { folder, withInputs: false });
    const path = join(folder, 'store', 'data.mdb');
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const data = join(temporaryFolder('restored'), 'data');
    await assert.rejects(restoreBackup({ folder, data }, time), /is not as the backup was made/);
    assert.ok(!existsSync(join(data, 'store', 'data.mdb')));
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    const outside = { path: 'artifacts/proof/ab/../../../../secret', sizeBytes: 1, sha256: 'a'.repeat(64) };
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, files: [outside] }));
    await assert.rejects(restoreBackup({ folder, data }, time), BackupError);
    await assert.rejects(restoreBackup({ folder: temporaryFolder('none'), data }, time), /is no backup/);
    await world.end();
  });

  it('is refused where it cannot be made, and leaves nothing', async () => {
    const { world } = await busyWorld();
    const taken = free();
    mkdirSync(taken);
    const cases: [string, RegExp][] = [
      ['relative', /by its whole path/],
      [join(world.folder, 'inside'), /is in the data folder/],
      [join(temporaryFolder('x'), 'no', 'parent'), /is no folder here/],
      [taken, /is there already/],
    ];
    for (const [folder, problem] of cases)
      await assert.rejects(makeBackup(parts(world), { folder, withInputs: false }), problem);
    assert.ok(!existsSync(`${taken}.partial`));
    await world.end();
  });
});

describe('a check', () => {
  it('finds nothing in a world that goes on, and each thing that is broken', async () => {
    const { world, open } = await busyWorld();
    assert.deepEqual(await findingsIn(world), []);
    const ended = world.seen.find(({ state }) => state === 'fulfilled');
    assert.ok(ended?.state === 'fulfilled');
    const { requestId, requester: owner, createdAt, stdin } = ended.request;
    await world.store.write((tx) => {
      tx.remove('requestsByRequester', owner, createdAt, requestId);
      tx.remove('requestOfStdin', stdin.id);
      tx.remove('journal', requestId, 2);
      tx.remove('openRequests', open);
      tx.put('requestOfKey', [owner, 'k'], 'ff'.repeat(32) as RequestId);
      tx.put('sharedFiles', [stdin.id], 2);
    });
    const found = (await findingsIn(world)).join('\n');
    for (const sentence of [
      'no list of its requester has it',
      'its input does not lead to it',
      'its journal has entry 3 in place 2',
      'it is open and not listed as such',
      'a key leads to it and it is not there',
      '2 artifacts share its file by the count, 0 by their records',
      'needs it no longer, and its bytes are kept',
    ])
      assert.ok(found.includes(sentence), `${sentence} in\n${found}`);
    await world.store.write((tx) => tx.put('openRequests', [open], true));
    await world.end();
  });
});
