// What a person gets wrong when starting the service: one sentence with what to do, and no trace of the code.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { cliArguments } from '../../src/testkit/service/realService.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';
import { certificateFile } from '../../src/testkit/testCertificates.js';

const folder = temporaryFolder('start');
const data = join(folder, 'data');

function serve(flags: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  const words = ['serve', '--engine', process.execPath, '--log-level', 'silent', ...flags];
  const ended = spawnSync(process.execPath, cliArguments(...words), {
    encoding: 'utf8',
    timeout: 600_000,
    env: { ...process.env, ...env },
  });
  assert.ok(ended.status === 1 || ended.status === 2, `ended with ${ended.status}: ${ended.stderr}`);
  assert.doesNotMatch(ended.stderr, /^\s+at /m, 'a stack');
  return ended.stderr.trim();
}

describe('a start that a person has got wrong', { timeout: 600_000 }, () => {
  it('names a host that leads nowhere', () => {
    const text = serve(['--data', data, '--listen', 'no-such-host.invalid:0']);
    assert.match(
      text,
      /--listen: the name no-such-host\.invalid leads to no address\. Check its spelling, or give an address/,
    );
  });

  it('names the limit of open files that is too low for its lanes', () => {
    const few = join(folder, 'few');
    const flags = [
      '--data',
      few,
      '--listen',
      '127.0.0.1:0',
      '--cpu-prove-lanes',
      '4',
      '--execute-lanes',
      '8',
      '--engine',
      process.execPath,
    ];
    const words = ['-c', 'ulimit -n 100; exec "$0" "$@"', process.execPath, ...cliArguments('serve', ...flags)];
    const ended = spawnSync('sh', words, { encoding: 'utf8', timeout: 600_000 });
    assert.match(
      ended.stderr,
      /^This process may have 100 files open at once, and 13 lanes and their clients need \d+/,
    );
    assert.equal(ended.status, 1);
    assert.ok(!existsSync(few));
  });

  it('names an encrypted key, and says how to write one that is not', () => {
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
    });
    const key = join(folder, 'key.pem');
    writeFileSync(key, privateKey);
    const text = serve([
      '--data',
      data,
      '--listen',
      '127.0.0.1:0',
      '--tls-cert',
      certificateFile('server'),
      '--tls-key',
      key,
    ]);
    assert.match(text, /the key is encrypted, .* openssl pkey -in .*key\.pem -out FILE/);
  });

  it('asks for a data folder where the user has no home', () => {
    const text = serve(['--listen', '127.0.0.1:0'], { HOME: '', XDG_DATA_HOME: '' });
    assert.match(text, /--data is needed: this user has no home folder/);
  });

  it('names a home that cannot be written to', () => {
    const text = serve(['--listen', '127.0.0.1:0'], { HOME: '/proc/nowhere', XDG_DATA_HOME: '' });
    assert.match(text, /The data folder \/proc\/nowhere\/\S+ cannot be used: .*\. Choose another with --data\./);
  });

  it('refuses a folder that holds other things, and leaves it as it was', () => {
    const project = join(folder, 'project');
    mkdirSync(join(project, 'artifacts', 'scratch'), { recursive: true, mode: 0o755 });
    const kept = join(project, 'artifacts', 'scratch', 'a'.repeat(64));
    writeFileSync(kept, 'mine');
    const { mode } = statSync(project);
    assert.match(serve(['--data', project, '--listen', '127.0.0.1:0']), /holds other things \(artifacts\)/);
    assert.ok(existsSync(kept));
    assert.equal(statSync(project).mode, mode);
  });
});
