import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../../testkit/temporaryFolder.js';
import { KeyFileError, readKeyFile } from './keyFile.js';

const folder = temporaryFolder('keyFile');
function file(text: string, mode = 0o600): string {
  const path = join(folder, 'key');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}
const key = 'c0'.repeat(32);
const refusal = (path: string): string => {
  try {
    readKeyFile(path, '--tee-key-file');
  } catch (error) {
    assert.ok(error instanceof KeyFileError);
    return error.message;
  }
  return assert.fail('it was taken');
};

describe('the key file of the registrar', () => {
  it('holds 64 hex digits, with or without 0x', () => {
    for (const text of [key, `0x${key}\n`, ` ${key.toUpperCase()} `])
      assert.equal(Buffer.from(readKeyFile(file(text), '--tee-key-file')).toString('hex'), key);
  });

  it('52: is refused when others may read it, with what to do', () => {
    for (const mode of [0o640, 0o604, 0o620, 0o666]) assert.match(refusal(file(key, mode)), /Say `chmod 600` to it/);
  });

  it('is refused with a sentence that holds nothing of it', () => {
    for (const text of ['00'.repeat(32), 'ff'.repeat(32), '', `${key}00`, 'secret words', `${key}\n`.repeat(40)]) {
      const sentence = refusal(file(text));
      assert.match(sentence, /--tee-key-file/);
      assert.ok(!sentence.includes('c0c0') && !sentence.includes('secret'));
    }
    assert.match(refusal(join(folder, 'none')), /there is no such file/);
  });
});
