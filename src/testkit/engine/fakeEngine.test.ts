// The fake engine as a child process: same command line, same manners as the real one, and a script that outlives crashes.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EngineRig } from './engineRig.js';
import { installFakeEngine } from './fakeEngineLauncher.js';
import type { FakeScript } from './fakeEngineScript.js';
import { checkFakeProof, fakeProof, fakeVk } from './fakeProof.js';

async function launch(t: TestContext, rig: EngineRig, script: FakeScript): Promise<() => ChildProcess> {
  const executable = await installFakeEngine(rig.folder, script);
  return () => {
    const child = spawn(executable, ['--role', 'prove', '--socket', rig.socketPath], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    return child;
  };
}

test('crashes once over two processes, and writes down what it was asked', async (t) => {
  const rig = await EngineRig.set(t);
  const journalPath = join(rig.folder, 'journal');
  const start = await launch(t, rig, {
    rules: [{ on: 'prove', times: 1, act: { kind: 'crash' } }],
    memoryPath: join(rig.folder, 'memory'),
    journalPath,
  });
  const engine = rig.engine(t, 'cpu', 30_000);
  const job = await rig.proveJob();

  const first = start();
  assert.equal((await engine.connect()).ok, true);
  const crashed = await engine.run(job, rig.watch());
  assert.ok(!crashed.ok && crashed.failure.code === 'ENGINE_LOST' && crashed.failure.blame);
  const [exitCode] = first.exitCode === null ? await once(first, 'exit') : [first.exitCode];
  assert.equal(exitCode, 134);

  start();
  assert.equal((await engine.connect()).ok, true);
  assert.equal((await engine.run(job, rig.watch())).ok, true);
  const asked = `setup -\nprove ${job.stdin.sha256}\n`;
  assert.equal(await readFile(journalPath, 'utf8'), asked.repeat(2));
});

test('ends with its parent: end of file on standard input', async (t) => {
  const rig = await EngineRig.set(t);
  const child = (await launch(t, rig, {}))();
  assert.equal((await rig.engine(t, 'cpu', 30_000).connect()).ok, true);
  const reported = rig.nextLost();
  child.stdin?.end();
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  await reported;
});

for (const mode of ['core', 'groth16'] as const)
  test(`believes its own ${mode} proofs, for their own program, unaltered, and nothing else`, () => {
    const elf = Buffer.from('elf');
    const proof = fakeProof(elf, Buffer.from('stdin'), mode, 8);
    const verdictOf = (bytes: Uint8Array, vk = fakeVk(elf)) => checkFakeProof(vk, bytes).ok;
    assert.equal(verdictOf(proof), true);
    assert.equal(verdictOf(proof, fakeVk(Buffer.from('other'))), false);
    for (let i = 0; i < proof.length; i++) {
      const altered = Buffer.from(proof);
      altered.writeUInt8(altered.readUInt8(i) ^ 0x10, i);
      assert.equal(verdictOf(altered), false, `byte ${i}`);
      assert.equal(verdictOf(proof.subarray(0, i)), false, `cut at ${i}`);
    }
    assert.equal(verdictOf(Buffer.concat([proof, Buffer.from([0])])), false);
  });
