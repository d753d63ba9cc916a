// Which folders a start takes for its data, and that it leaves everything else as it was.
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../testkit/temporaryFolder.js';
import { DataFolderError, findDataPlace } from './dataFolderPlace.js';

const isRoot = process.geteuid?.() === 0;
const modeOf = (path: string) => statSync(path).mode & 0o7777;

/** Everything below `path` with its mode, so that two looks can be compared. */
const stateOf = (path: string) => [
  `. ${lstatSync(path).mode}`,
  ...readdirSync(path, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => `${name} ${lstatSync(join(path, name)).mode}`),
];

function folderWith(files: readonly string[], mode = 0o755): string {
  const folder = temporaryFolder('place');
  for (const file of files) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), 'x');
  }
  chmodSync(folder, mode);
  return folder;
}

function refusalOf(folder: string): string {
  try {
    findDataPlace(folder);
  } catch (error) {
    assert.ok(error instanceof DataFolderError, String(error));
    return error.message;
  }
  return assert.fail(`${folder} was taken`);
}

describe('findDataPlace', () => {
  it('refuses a folder that holds other things, and leaves it as it was', () => {
    for (const files of [
      ['notes.txt'],
      ['package.json', 'src/a.ts', 'store/index.ts'],
      ['artifacts/scratch/keep', 'artifacts/program/keep'],
      ['store'],
      ['.profile'],
      ['lost+found/x', 'a', 'b', 'c', 'd'],
    ]) {
      const folder = folderWith(files);
      const before = stateOf(folder);
      assert.match(
        refusalOf(folder),
        /holds other things \(.*\) and no data of sealed-prover.*Nothing in it was changed.*--data/,
      );
      assert.deepEqual(stateOf(folder), before, files.join());
    }
  });

  it('takes an empty folder, a fresh volume and what a start that was cut short has left, for its owner alone', () => {
    for (const files of [[], ['lost+found/x'], ['store/lock.mdb']]) {
      const folder = folderWith(files);
      assert.deepEqual(findDataPlace(folder), { path: realpathSync(folder), exposure: undefined });
      assert.equal(modeOf(folder), 0o700, files.join());
    }
  });

  it('opens the folder of an older build as before, whatever else lies in it', () => {
    const folder = folderWith(['store/data.mdb', 'store/lock.mdb', 'artifacts/stdin/ab/x', 'notes.txt']);
    assert.equal(findDataPlace(folder).path, realpathSync(folder));
    assert.equal(modeOf(folder), 0o700);
  });

  it('takes the default folder in which only the demo has run', () => {
    const folder = folderWith(['demo/store/data.mdb']);
    assert.equal(findDataPlace(folder).path, realpathSync(folder));
    assert.match(refusalOf(folderWith(['demo/index.html'])), /holds other things \(demo\)/);
  });

  it('makes a folder of its own in one that is shared, finds it again, and changes nothing about the shared one', () => {
    const folder = folderWith([], 0o1777);
    const inner = join(realpathSync(folder), 'sealed-prover');
    assert.deepEqual(findDataPlace(folder), { path: inner, exposure: undefined });
    assert.deepEqual([modeOf(folder), modeOf(inner)], [0o1777, 0o700]);
    mkdirSync(join(inner, 'store'));
    writeFileSync(join(inner, 'store', 'data.mdb'), '');
    writeFileSync(join(folder, 'of-somebody-else'), '');
    assert.equal(findDataPlace(folder).path, inner);
    assert.equal(modeOf(folder), 0o1777);
  });

  it('refuses a shared folder that is in use, and one in which our name is taken', () => {
    const used = folderWith(['a'], 0o1777);
    assert.match(refusalOf(used), /holds other things \(a\)/);
    assert.ok(!existsSync(join(used, 'sealed-prover')));
    assert.match(refusalOf(folderWith(['sealed-prover/x'], 0o1777)), /holds other things/);
  });

  it('works in a volume of another owner that it may write to', {
    skip: isRoot ? false : 'only root can give folders away',
  }, () => {
    const folder = folderWith([], 0o2775);
    chownSync(folder, 4321, 4321);
    const { path, exposure } = findDataPlace(folder);
    assert.deepEqual([path, exposure], [join(realpathSync(folder), 'sealed-prover'), undefined]);
    assert.deepEqual([modeOf(folder), modeOf(path) & 0o777, statSync(folder).uid], [0o2775, 0o700, 4321]);
  });

  it('says who else may read data that lies in a folder of another owner', {
    skip: isRoot ? false : 'only root can give folders away',
  }, () => {
    const folder = folderWith(['store/data.mdb'], 0o755);
    chownSync(folder, 4321, 4321);
    assert.equal(
      findDataPlace(folder).exposure,
      'user 4321 and group 4321 and every user of this machine may open the data folder, with the inputs in it',
    );
    assert.equal(modeOf(folder), 0o755);
  });

  it('does not use a folder that another user has put under our name', {
    skip: isRoot ? false : 'only root can give folders away',
  }, () => {
    const folder = folderWith(['sealed-prover/store/data.mdb'], 0o1777);
    chownSync(join(folder, 'sealed-prover'), 4321, 4321);
    assert.match(refusalOf(folder), /belongs to another user/);
  });

  it('says in a sentence why a path is no folder', () => {
    const folder = folderWith(['file']);
    symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'));
    symlinkSync(join(folder, 'circle'), join(folder, 'circle'));
    assert.match(
      refusalOf(join(folder, 'file')),
      /cannot be used: it is a file and no folder\. Choose another with --data/,
    );
    assert.match(refusalOf(join(folder, 'file', 'data')), /a part of its path is a file/);
    assert.match(refusalOf(join(folder, 'dangling')), /a link to a place that is not there/);
    assert.match(refusalOf(join(folder, 'circle')), /links lead in a circle/);
    assert.match(refusalOf('/proc/sealed-prover'), /cannot be used: .*\. Choose another with --data/);
    assert.match(refusalOf(join(folder, 'x'.repeat(300))), /its name is too long/);
  });

  it('makes the folders above it, and follows a link to a folder', () => {
    const folder = folderWith([]);
    const deep = join(folder, 'a', 'b');
    assert.equal(findDataPlace(deep).path, realpathSync(deep));
    assert.equal(modeOf(deep), 0o700);
    symlinkSync(deep, join(folder, 'link'));
    assert.equal(findDataPlace(join(folder, 'link')).path, realpathSync(deep));
    rmSync(folder, { recursive: true });
  });
});
