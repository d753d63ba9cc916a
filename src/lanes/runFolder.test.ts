// Places that are no good for the sockets of engines, and folders that vanish.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../testkit/temporaryFolder.js';
import { createRunFolder, isRunFolderName, RunFolderError, removeRunFolder } from './runFolder.js';

const fits = (folder: string) => folder.length < 90;
const open = (...places: string[]) => createRunFolder({ places, fits });

describe('a run folder', () => {
  it('is made in the first place that is fit, for its owner alone, and goes with the process', async () => {
    const [first, second] = [temporaryFolder('run'), temporaryFolder('run')];
    const runFolder = open(first, second);
    const folder = await runFolder.ready();
    assert.equal(dirname(folder), first);
    assert.ok(isRunFolderName(basename(folder)));
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.deepEqual(readdirSync(folder), []);
    assert.equal(await runFolder.ready(), folder);
    runFolder.remove();
    assert.deepEqual([readdirSync(first), readdirSync(second)], [[], []]);
  });

  it('is made elsewhere where a place is missing, no folder, too deep for sockets or without sockets', async () => {
    const good = temporaryFolder('run');
    const deep = join(good, 'd'.repeat(90));
    mkdirSync(deep);
    writeFileSync(join(good, 'file'), '');
    const runFolder = open(join(good, 'missing'), join(good, 'file'), deep, '/proc', good);
    assert.equal(dirname(await runFolder.ready()), good);
    assert.deepEqual(readdirSync(deep), []);
    assert.ok(!existsSync(join(good, 'missing')));
    runFolder.remove();
  });

  it('says in one sentence that there is no place, and why', async () => {
    const good = temporaryFolder('run');
    await assert.rejects(open(join(good, 'missing'), '/proc').ready(), (error: Error) => {
      assert.ok(error instanceof RunFolderError);
      assert.match(error.message, /missing \(it is not there\), \/proc \(.*\)\. Set TMPDIR to one\.$/);
      return true;
    });
  });

  it('is there again after it was removed, under its old name', async () => {
    const place = temporaryFolder('run');
    const runFolder = open(place);
    const folder = await runFolder.ready();
    rmSync(folder, { recursive: true });
    assert.equal(await runFolder.ready(), folder);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    runFolder.remove();
  });

  it('moves when its place has gone, or something foreign has taken its name', async () => {
    const [first, second] = [temporaryFolder('run'), temporaryFolder('run')];
    const runFolder = open(first, second);
    const folder = await runFolder.ready();
    rmSync(folder, { recursive: true });
    const trap = temporaryFolder('trap');
    symlinkSync(trap, folder);
    const other = await runFolder.ready();
    assert.notEqual(other, folder);
    rmSync(first, { recursive: true });
    assert.equal(dirname(await runFolder.ready()), second);
    runFolder.remove();
    assert.ok(existsSync(trap));
  });

  it('is not trusted once others may write in it, and then not removed either', async () => {
    const place = temporaryFolder('run');
    const runFolder = open(place);
    const folder = await runFolder.ready();
    chmodSync(folder, 0o777);
    assert.notEqual(await runFolder.ready(), folder);
    removeRunFolder(folder);
    assert.ok(existsSync(folder));
    runFolder.remove();
  });

  it('is one for all who ask at the same time, and is announced before it is made', async () => {
    const place = temporaryFolder('run');
    const announced: string[][] = [];
    const onChosen = async (folders: readonly string[]) => {
      assert.ok(!existsSync(folders.at(-1) ?? ''));
      announced.push([...folders]);
    };
    const runFolder = createRunFolder({ places: [place], fits, onChosen });
    const [one, two] = await Promise.all([runFolder.ready(), runFolder.ready()]);
    assert.equal(one, two);
    assert.deepEqual(announced, [[one]]);
    runFolder.remove();
  });
});
