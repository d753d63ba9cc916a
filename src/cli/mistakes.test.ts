// What a person or a machine gets wrong around a command: each is a sentence that says what to do, never a stack.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { scriptedCli } from '../testkit/scriptedCli.js';
import { temporaryFolder } from '../testkit/temporaryFolder.js';
import { certificateFile, certificateOf } from '../testkit/testCertificates.js';
import { runCli } from './runCli.js';

const folder = temporaryFolder('mistakes');
const file = join(folder, 'file');
writeFileSync(file, 'text');
const program = join(folder, 'guest.elf');
writeFileSync(program, Buffer.from('7f454c46', 'hex'));
const key = '11'.repeat(32);
/** Nothing is served there: a command that comes so far has passed what is tested here. */
const nowhere = ['--url', 'http://127.0.0.1:9'];

async function run(words: string[], environment: Record<string, string> = { HOME: folder }) {
  const cli = scriptedCli(environment);
  const exitCode = await runCli(words, cli);
  assert.doesNotMatch(
    cli.err(),
    /should not have happened|\n\s+at |\bE(NO|ACC|ISD|ROF|PERM|EXIST)|undefined/,
    words.join(' '),
  );
  return { exitCode, err: cli.err() };
}

test('a private key that is none is named with its source and what it is, and not repeated', async () => {
  const secret = 'MHcCAQEEIBkg4LVWM9nuwNSk3yByxZpYRTBnVJk5GkMcBxOsfs3w';
  const pem = `-----BEGIN EC PRIVATE KEY-----\n${secret}\n-----END EC PRIVATE KEY-----`;
  const encrypted = `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${secret}\n-----END ENCRYPTED PRIVATE KEY-----`;
  const cases: [string, RegExp][] = [
    ['', /it is empty/],
    [pem, /it is a PEM file/],
    [encrypted, /it is an encrypted PEM file\. Decrypt it/],
    [`{"crypto": "${secret}"}`, /it is a JSON keystore/],
    ['test test test test test test test test test test test junk', /a list of words/],
    [key.slice(1), /it has 63 of them/],
    ['f'.repeat(64), /outside the order of the curve/],
    [`${secret}!`, /other characters/],
  ];
  for (const [given, expected] of cases) {
    const { exitCode, err } = await run(['request', 'list', ...nowhere, '--key', given]);
    assert.equal(exitCode, 1);
    assert.match(err, expected);
    assert.match(err, /--key/);
    for (const part of [secret, key.slice(1), 'junk']) assert.ok(!err.includes(part), err);
  }
  const fromEnvironment = await run(['request', 'list', ...nowhere], { HOME: folder, SEALED_CLIENT_KEY: 'abc' });
  assert.match(fromEnvironment.err, /SEALED_CLIENT_KEY/);
  const config = join(folder, 'damaged');
  mkdirSync(join(config, 'sealed-prover'), { recursive: true });
  writeFileSync(join(config, 'sealed-prover/client.key'), '');
  const kept = await run(['request', 'list', ...nowhere], { XDG_CONFIG_HOME: config });
  assert.match(kept.err, /damaged\/sealed-prover\/client\.key: .*it is empty/);
  // The key is in a file of its own: its path is not the key.
  assert.match(
    (await run(['request', 'list', ...nowhere, '--key', file])).err,
    /--key: This takes the key itself, not the name of a file/,
  );
});

test('a home that is missing or a file is a sentence with the ways around it', async () => {
  for (const environment of [{ HOME: join(file, 'x') }, { HOME: '/dev/null' }, { XDG_CONFIG_HOME: file }]) {
    const { exitCode, err } = await run(['request', 'list', ...nowhere], environment as Record<string, string>);
    assert.equal(exitCode, 1);
    assert.match(
      err,
      /Your key cannot be (read|kept) in .*client\.key: .*--key or SEALED_CLIENT_KEY, or set XDG_CONFIG_HOME/,
    );
  }
  const relative = await run(['request', 'list', ...nowhere], { HOME: 'somewhere' });
  assert.match(
    relative.err,
    /^This user has no home folder\. Give your key with --key or SEALED_CLIENT_KEY, or set HOME/,
  );
  assert.ok(!existsSync('somewhere'));
  // Who brings a key needs no home.
  assert.match(
    (await run(['request', 'list', ...nowhere, '--key', key], { HOME: '/dev/null' })).err,
    /^Nothing answers/,
  );
});

test('files that cannot be read say why', async () => {
  const unreadable = join(folder, 'unreadable');
  writeFileSync(unreadable, '');
  chmodSync(unreadable, 0);
  const cases: [string[], RegExp][] = [
    [['prove', '--program', folder, ...nowhere, '--key', key], /it is a folder/],
    [['prove', '--program', '/nowhere.elf', ...nowhere, '--key', key], /there is no such file or folder/],
    [['prove', '--stdin-file', folder], /cannot be read: it is a folder/],
    [['prove', '--stdin-file', join(file, 'x')], /There is no file /],
    [['prove', '--stdin-file', '/dev/null'], /a pipe or a device, save it to a file first/],
    [['verify', folder, '--program', program], /it is a folder/],
    [['request', 'list', ...nowhere, '--key', key, '--token-file', folder], /The token file .* it is a folder/],
  ];
  if (process.getuid?.() !== 0) cases.push([['prove', '--stdin-file', unreadable], /this user may not do that there/]);
  for (const [words, expected] of cases) assert.match((await run(words)).err, expected, words.join(' '));
});

test('a place where no proof can be saved is refused before anything is asked of a service', async () => {
  const cases: [string, RegExp][] = [
    ['/nowhere/a.proof', /the folder \/nowhere cannot be used: there is no such file or folder\. Name another/],
    [join(file, 'a.proof'), /file is a file, not a folder/],
    [folder, /it is a folder/],
  ];
  for (const [out, expected] of cases) {
    const { exitCode, err } = await run(['prove', '--program', program, '--key', key, ...nowhere, '--out', out]);
    assert.equal(exitCode, 1);
    assert.match(err, expected);
  }
});

test('an empty --token is refused, not left out', async () => {
  const { err } = await run(['request', 'list', ...nowhere, '--key', key, '--token', '']);
  assert.match(err, /The token is empty/);
});

test('NODE_EXTRA_CA_CERTS is trusted, and a certificate for another name is distinguished from one of an unknown authority', {
  timeout: 300_000,
}, async () => {
  const server = createSecureServer(certificateOf('server')).on('sessionError', () => {});
  await once(server.listen(0), 'listening');
  const { port } = server.address() as AddressInfo;
  const entry = fileURLToPath(new URL('../cli.ts', import.meta.url));
  const words = ['request', 'list', '--key', key, '--url', `https://127.0.0.2:${port}`];
  const env = { PATH: process.env['PATH'], NODE_EXTRA_CA_CERTS: certificateFile('test-ca') };
  const said = await new Promise<string>((resolve) =>
    execFile(process.execPath, [...process.execArgv, entry, ...words], { env }, (_error, _out, err) => resolve(err)),
  );
  server.close();
  assert.match(said, /is for another name \(127\.0\.0\.1\)\. Use a URL with a name that is in it/);
});
