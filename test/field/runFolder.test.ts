// Machines whose temporary folders are missing, read-only or without programs: the service and `execute` work, or say why not.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { installFakeEngine } from '../../src/testkit/engine/fakeEngineLauncher.js';
import { cliArguments } from '../../src/testkit/service/realService.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';
import { needing } from './tools.js';

const elf = join(import.meta.dirname, '../../examples/fibonacci/fibonacci.elf');

describe('a machine with unusual temporary folders', { ...needing('unshare'), timeout: 600_000 }, () => {
  /** Runs a command of ours where `mounts`, lines of shell, have been carried out for it alone. */
  async function run(mounts: string, env: NodeJS.ProcessEnv, ...words: string[]) {
    const folder = temporaryFolder('field');
    const engine = await installFakeEngine(folder, {}, 'engine');
    const script = join(folder, 'run.sh');
    writeFileSync(script, `set -e\nF='${folder}'\nmkdir -p "$F/place"\n${mounts}\nexec "$@"\n`);
    const command = [process.execPath, ...cliArguments(...words, '--engine', engine)];
    const unshare = ['--user', '--map-root-user', '--mount', 'sh', script, ...command];
    const ended = spawnSync('unshare', unshare, {
      encoding: 'utf8',
      env: { ...process.env, TSX_DISABLE_CACHE: '1', TMPDIR: join(folder, 'place'), ...env },
    });
    return { code: ended.status, text: `${ended.stdout}${ended.stderr}` };
  }
  const noexec = (path: string) => `mount --bind ${path} ${path}; mount -o remount,bind,noexec ${path}`;
  const readOnly = (path: string) => `mount --bind ${path} ${path}; mount -o remount,bind,ro ${path}`;

  for (const [what, mounts] of [
    ['missing', 'rmdir "$F/place"'],
    ['read-only', readOnly('"$F/place"')],
    ['without programs', noexec('"$F/place"')],
  ] as const)
    it(`execute works where TMPDIR is ${what}`, async () => {
      const { code, text } = await run(mounts, {}, 'execute', '--program', elf);
      assert.equal(code, 0, text);
    });

  it('execute says in one sentence that there is no place for an engine', async () => {
    const mounts = ['/tmp', '/var/tmp', '/dev/shm'].map(noexec).join('\n');
    const env = { HOME: '/nonexistent' };
    const { code, text } = await run(mounts, env, 'execute', '--program', elf);
    assert.equal(code, 1, text);
    assert.match(text, /Engines need a folder .* \/dev\/shm \(no programs may run there\).* Set TMPDIR to one\.\n$/);
  });
});
