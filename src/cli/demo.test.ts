import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { installFakeEngine } from '../testkit/engine/fakeEngineLauncher.js';
import { scriptedCli } from '../testkit/scriptedCli.js';
import { runCli } from './runCli.js';

const folder = mkdtempSync(join(tmpdir(), 'sealed-demo-'));
after(() => rmSync(folder, { recursive: true }));
const environment = { PATH: process.env['PATH'], XDG_CACHE_HOME: folder, XDG_DATA_HOME: folder };
const program = join(folder, 'guest.elf');
copyFileSync(join(import.meta.dirname, '../../examples/fibonacci/fibonacci.elf'), program);

/** The service as its child process logs it; gone afterwards. */
const logOf = (data: string) => readFileSync(join(data, 'service.log'), 'utf8');

test('the demo goes the whole way through a real service, and stops it', async () => {
  const engine = await installFakeEngine(folder, {}, 'sound');
  const data = join(folder, 'data');
  const cli = scriptedCli(environment);
  const words = ['demo', '--program', program, '--u32', '5', '--engine', engine, '--data', data];
  assert.equal(await runCli(words, cli), 0, cli.err());
  assert.match(cli.out(), /^Service {8}http:\/\/127\.0\.0\.1:\d+/);
  assert.match(cli.out(), /Verified {7}by an engine of this machine/);
  assert.match(cli.out(), /\.rpc_url\("http:\/\/127\.0\.0\.1:8080"\)/);
  assert.match(cli.err(), /fulfilled/);
  assert.match(logOf(data), /Stopping/);
  const proof = /(\S+guest\.core\.proof)\n/.exec(cli.out())?.[1] ?? '';
  assert.ok(existsSync(proof));
});

test('a guest that fails is no success, and the service is stopped all the same', async () => {
  const rules = [{ on: 'execute', act: { kind: 'guestFailure', cause: 1, exitCode: 3 } }] as const;
  const engine = await installFakeEngine(folder, { rules }, 'failing');
  const data = join(folder, 'data-failing');
  const cli = scriptedCli(environment);
  assert.equal(await runCli(['demo', '--program', program, '--engine', engine, '--data', data], cli), 1);
  assert.match(cli.err(), /The guest program failed: HALT_WITH_NON_ZERO_EXIT_CODE \(exit code 3/);
  assert.match(logOf(data), /Stopping/);
});

test('a service that cannot start says why', async () => {
  const engine = await installFakeEngine(folder, {}, 'unused');
  const cli = scriptedCli({ ...environment, SEALED_UPLOADS: '0' });
  assert.equal(
    await runCli(['demo', '--program', program, '--engine', engine, '--data', join(folder, 'none')], cli),
    1,
  );
  assert.match(cli.err(), /The service did not start \(code 2\):\nSEALED_UPLOADS: must be a whole number/);
});

test('--attest shows the table, what is refused, T10: somebody in the middle too, and proves by an attested connection', async () => {
  const engine = await installFakeEngine(folder, {}, 'attested');
  const data = join(folder, 'data-attested');
  const cli = scriptedCli(environment);
  const words = ['demo', '--attest', '--program', program, '--u32', '5', '--engine', engine, '--data', data];
  assert.equal(await runCli(words, cli), 0, cli.err());
  assert.match(cli.out(), /attest verify https:\S+ --insecure-dev-root \S+\n\nWARNING Nothing was proven/);
  assert.match(cli.out(), /ACCEPTED: level bound, bound is asked for/);
  assert.match(cli.out(), /Without the root {3}exit code 1: certificates\.chain CERT_CHAIN_INVALID/);
  assert.match(cli.out(), /One byte changed {3}exit code 1: \S+ \w+/);
  assert.match(
    cli.out(),
    /In the middle {6}exit code 1: TLS_KEY_WRONG\. Nothing was run\.\n {19}It has passed on \d+ bytes/,
  );
  assert.match(
    cli.out(),
    /Attested proxy {5}http:\/\/127\.0\.0\.1:\d+: what is sent there goes to the quoted key alone/,
  );
  assert.match(cli.out(), /Verified {7}by an engine of this machine/);
});
