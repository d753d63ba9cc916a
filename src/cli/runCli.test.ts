import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type ScriptedCli, scriptedCli } from '../testkit/scriptedCli.js';
import { runCli } from './runCli.js';

const folder = await mkdtemp(join(tmpdir(), 'sealed-cli-'));
after(() => rm(folder, { recursive: true }));
const environment = { XDG_CACHE_HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder };

async function run(...words: string[]): Promise<ScriptedCli & { exitCode: number }> {
  const cli = scriptedCli(environment);
  return Object.assign(cli, { exitCode: await runCli(words, cli) });
}

test('help is for people: every command, examples and exit codes', async () => {
  const { exitCode, out } = await run('--help');
  assert.equal(exitCode, 0);
  for (const command of [
    'serve',
    'health',
    'prove',
    'verify',
    'inspect',
    'execute',
    'request',
    'engine',
    'demo',
    'version',
  ]) {
    assert.match(out(), new RegExp(`^ {2}${command}\\b`, 'm'));
    assert.equal((await run(command, '--help')).exitCode, 0);
  }
  assert.match(out(), /Examples:[\s\S]*Exit codes: 0 done/);
  assert.match((await run('prove', '--help')).out(), /Ctrl-C leaves the request running/);
});

test('serve offers every option of the configuration', async () => {
  const { options, flagOf } = await import('../config/options.js');
  const { out } = await run('serve', '--help');
  for (const name of Object.keys(options)) assert.ok(out().includes(flagOf(name)), name);
});

test('an unknown command or option names the nearest', async () => {
  const command = await run('porve');
  assert.equal(command.exitCode, 2);
  assert.match(command.err(), /Did you mean prove\?/);
  const option = await run('prove', '--progam', 'x');
  assert.equal(option.exitCode, 2);
  assert.match(option.err(), /Did you mean --program\?/);
  const serve = await run('serve', '--lsiten', '1');
  assert.match(serve.err(), /Did you mean --listen\?/);
});

test('values that are wrong say what would be right', async () => {
  const cases: [string[], RegExp][] = [
    [['prove', '--u32', '-1'], /whole number below 2\^32/],
    [['prove', '--stdin-hex', 'abc'], /two hex digits/],
    [['prove', '--stdin-file', '/nowhere'], /no file \/nowhere/],
    [['prove', '--mode', 'snark'], /core, compressed, plonk, groth16/],
    [['prove', '--timeout', '900000'], /length of time with its unit, such as 500ms, 90s, 15m, 4h/],
    [['prove', '--timeout', '500ms'], /a second at least/],
    [['execute', '--program', 'x', '--cycle-limit', '18446744073709551616'], /below 2\^64/],
    [['request', 'show', '0x12'], /64 hex digits/],
    [['prove'], /--program ELF, or --request ID/],
  ];
  for (const [words, expected] of cases) {
    const { exitCode, err } = await run(...words);
    assert.equal(exitCode, 2, words.join(' '));
    assert.match(err(), expected);
  }
});

test('a failure is one JSON object with --json, and a sentence without', async () => {
  const elf = join(folder, 'not.elf');
  await writeFile(elf, 'text');
  const engine = join(folder, 'engine');
  await writeFile(engine, '');
  const words = ['execute', '--program', elf, '--engine', engine];
  const plain = await run(...words);
  assert.deepEqual([plain.exitCode, plain.out()], [1, '']);
  assert.match(plain.err(), /not an ELF file/);
  const json = await run(...words, '--json');
  assert.equal(json.exitCode, 1);
  assert.equal(JSON.parse(json.out()).error.code, 'PROGRAM_NOT_ELF');
  assert.equal(json.err(), '');
});

test('without an engine, the way to one is shown', async () => {
  const { exitCode, err } = await run('execute', '--program', 'x.elf', '--engine', join(folder, 'none'));
  assert.equal(exitCode, 1);
  assert.match(err(), /There is no engine at .*none\. Check --engine and SEALED_ENGINE\./);
});

test('a wrong port fails within seconds and says what to check', async () => {
  // Port 9 (discard) is not served on a machine that runs tests.
  const { exitCode, err } = await run('request', 'list', '--url', 'http://127.0.0.1:9', '--key', '11'.repeat(32));
  assert.equal(exitCode, 1);
  assert.match(err(), /Nothing answers at http:\/\/127\.0\.0\.1:9 .*right port\?/);
});

test('a key is made once, readable by its owner only', async () => {
  const first = await run('request', 'list', '--url', 'localhost');
  assert.match(first.err(), /Made you a key[\s\S]*is not the URL of a service/);
  const path = join(folder, 'sealed-prover', 'client.key');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const key = await readFile(path, 'utf8');
  assert.match(key, /^[0-9a-f]{64}\n$/);
  const second = await run('request', 'list', '--url', 'localhost');
  assert.ok(!second.err().includes('Made you a key'));
  assert.equal(await readFile(path, 'utf8'), key);
  assert.deepEqual(await readdir(join(folder, 'sealed-prover')), ['client.key']);
});

test('version prints the versions of package, engine and circuits', async () => {
  const { exitCode, out } = await run('version', '--json');
  assert.equal(exitCode, 0);
  const { version, circuits } = JSON.parse(out());
  assert.match(version, /^\d+\.\d+\.\d+$/);
  assert.equal(circuits, 'sp1-v6.1.0');
});
