import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { encodeProgram, encodeStdin } from '../client/encode.js';
import { holdingClock } from '../clock.js';
import { installFakeEngine } from '../testkit/engine/fakeEngineLauncher.js';
import type { FakeScript } from '../testkit/engine/fakeEngineScript.js';
import { fakeProof, fakePublicValuesHash, fakeVk } from '../testkit/engine/fakeProof.js';
import { CliError } from './cli.js';
import { type LocalEngine, withLocalEngine } from './localEngine.js';

const folder = await mkdtemp(join(tmpdir(), 'sealed-local-'));
after(() => rm(folder, { recursive: true }));
// Where the engine's socket goes: ours alone, so that leftovers can be seen.
process.env['TMPDIR'] = folder;
let engines = 0;

async function using<T>(
  script: FakeScript,
  work: (engine: LocalEngine) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const path = await installFakeEngine(folder, script, `engine-${engines++}`);
  return await withLocalEngine(path, { clock: holdingClock, signal: signal ?? new AbortController().signal }, work);
}

const elf = Buffer.from('a program');
const program = await encodeProgram(elf);
const stdin = await encodeStdin([Buffer.alloc(300_000, 1), Buffer.from('two')]);
const stdinBytes = Buffer.concat(await stdin.open().toArray());
const noLimits = { cycleLimit: 2n ** 64n - 1n, gasLimit: 2n ** 64n - 1n };

test('one engine sets up, executes with progress, and verifies', async () => {
  const progress = [{ stage: 'executing', done: 0, total: 0, cycles: 5 }] as const;
  const cycles: number[] = [];
  await using({ rules: [{ on: 'execute', progress }] }, async (engine) => {
    assert.deepEqual(Buffer.from(await engine.setup(program)), fakeVk(elf));
    const executed = await engine.execute({ program, stdin, ...noLimits }, (frame) => cycles.push(frame.cycles));
    assert.deepEqual([executed.cause, executed.publicValuesHash], [0, fakePublicValuesHash(stdinBytes)]);
    const proof = fakeProof(elf, stdinBytes, 'core', 100);
    assert.equal((await engine.verify(fakeVk(elf), proof)).ok, true);
    assert.equal((await engine.verify(fakeVk(Buffer.from('another')), proof)).ok, false);
  });
  assert.deepEqual(cycles, [5]);
});

const failsWith = (promise: Promise<unknown>, code: string, message: RegExp) =>
  assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof CliError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });

test('refusals keep the engine’s words', async () => {
  const rules = [{ on: 'setup', act: { kind: 'failure', code: 2, text: 'Cannot decode instruction' } }] as const;
  await failsWith(
    using({ rules }, (engine) => engine.setup(program)),
    'ENGINE_REFUSED',
    /Cannot decode instruction/,
  );
});

test('an engine that dies, or never starts, is a sentence', async () => {
  const rules = [{ on: 'setup', act: { kind: 'crash' } }] as const;
  await failsWith(
    using({ rules }, (engine) => engine.setup(program)),
    'ENGINE_LOST',
    /failed: it ended with code 134/,
  );
  const path = join(folder, 'no-engine');
  await writeFile(path, '#!/bin/sh\necho "cannot start here" >&2; exit 3\n', { mode: 0o700 });
  const start = withLocalEngine(path, { clock: holdingClock, signal: new AbortController().signal }, async () => {});
  await failsWith(start, 'ENGINE_LOST', /ended with code 3\. cannot start here/);
  const missing = withLocalEngine(
    join(folder, 'nothing'),
    { clock: holdingClock, signal: new AbortController().signal },
    async () => {},
  );
  await failsWith(missing, 'ENGINE_LOST', /ENOENT/);
});

test('an interrupt ends a job that hangs, and leaves nothing behind', async () => {
  const controller = new AbortController();
  const progress = [{ stage: 'executing', done: 0, total: 0, cycles: 1 }] as const;
  const rules = [{ on: 'execute', progress, act: { kind: 'hang' } }] as const;
  const hanging = using(
    { rules },
    (engine) => engine.execute({ program, stdin, ...noLimits }, () => controller.abort()),
    controller.signal,
  );
  await failsWith(hanging, 'INTERRUPTED', /Interrupted/);
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('sealed-engine-')),
    [],
  );
});
