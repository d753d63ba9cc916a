import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../testkit/temporaryFolder.js';
import { claimDataFolder } from './dataFolder.js';
import { DataFolderError } from './dataFolderPlace.js';

const fresh = () => join(temporaryFolder('claim'), 'data');

describe('claimDataFolder', () => {
  it('creates the folder for its owner alone', async () => {
    const folder = await claimDataFolder(fresh());
    assert.equal(statSync(folder.path).mode & 0o777, 0o700);
    await folder.release();
  });

  it('refuses a second owner by whatever name, and says what to do', async () => {
    const path = fresh();
    const folder = await claimDataFolder(path);
    const alias = `${path}-alias`;
    symlinkSync(path, alias);
    await assert.rejects(claimDataFolder(alias), (error: Error) => {
      assert.ok(error instanceof DataFolderError);
      assert.match(error.message, /Another sealed-prover is using .* --data/);
      return true;
    });
    await folder.release();
    await (await claimDataFolder(path)).release();
  });

  it('is free again after its owner was killed', async () => {
    const path = fresh();
    const script = `
      const { claimDataFolder } = await import(${JSON.stringify(new URL('./dataFolder.ts', import.meta.url).href)});
      await claimDataFolder(${JSON.stringify(path)});
      process.kill(process.pid, 'SIGKILL');`;
    const child = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
    assert.equal(child.signal, 'SIGKILL', child.stderr.toString());
    await (await claimDataFolder(path)).release();
  });

  it('says which folder cannot be used', async () => {
    const file = fresh();
    writeFileSync(file, '');
    await assert.rejects(claimDataFolder(join(file, 'data')), /cannot be used: .* --data/);
  });
});
