import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../testkit/temporaryFolder.js';
import { keyExposures } from './keyExposure.js';

const limits = (core: string) =>
  `Limit                     Soft Limit           Hard Limit           Units     \nMax core file size        ${core}                    unlimited            bytes     \n`;

test('what could read the signing key is named: other processes of the user, and core files', () => {
  const root = temporaryFolder('exposure');
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  assert.match(keyExposures(root).join(), /^every process of this user can read/);
  write('proc/sys/kernel/yama/ptrace_scope', '1\n');
  write('proc/self/limits', limits('0'));
  assert.deepEqual(keyExposures(root), []);
  write('proc/sys/kernel/yama/ptrace_scope', '0\n');
  write('proc/self/limits', limits('unlimited'));
  assert.equal(keyExposures(root).length, 2);
});
