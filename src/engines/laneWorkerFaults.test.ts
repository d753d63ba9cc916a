// Everything an engine, a file or a caller can do wrong: each ends in one Failure, soon, and nothing is left open.
import assert from 'node:assert/strict';
import { access, appendFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { test } from 'node:test';
import type { Failure } from '../failures/catalog.js';
import type { Outcome } from '../failures/outcome.js';
import { EngineRig } from '../testkit/engine/engineRig.js';
import type { FakeAct, FakeRequest } from '../testkit/engine/fakeEngineScript.js';
import { encodeAnswer } from '../testkit/engine/fakeEngineWire.js';

function failureOf(outcome: Outcome<unknown>): Failure {
  assert.equal(outcome.ok, false);
  return outcome.failure;
}

const absent = (path: string) => assert.rejects(access(path), { code: 'ENOENT' });

/** An act in place of the right answer to a request, what the job then fails with, and whether the connection stays open. */
const faults: readonly [on: FakeRequest, act: FakeAct, failure: Partial<Failure>, connected: boolean][] = [
  ['setup', { kind: 'eof' }, { code: 'ENGINE_LOST', blame: true, detail: 'it closed the connection' }, false],
  ['prove', { kind: 'eof' }, { code: 'ENGINE_LOST', blame: true, detail: 'it closed the connection' }, false],
  [
    'prove',
    { kind: 'eofMidFrame' },
    { code: 'ENGINE_LOST', blame: true, detail: 'it closed the connection within an answer' },
    false,
  ],
  ['prove', { kind: 'crashMidFrame' }, { code: 'ENGINE_LOST', blame: true }, false],
  ['execute', { kind: 'crash' }, { code: 'ENGINE_LOST', blame: true }, false],
  ['setup', { kind: 'wrongVariant', variant: 0 }, { code: 'ENGINE_LOST', blame: true }, false],
  ['prove', { kind: 'wrongVariant', variant: 0 }, { code: 'ENGINE_LOST', blame: true }, false],
  ['execute', { kind: 'wrongVariant', variant: 5 }, { code: 'ENGINE_LOST', blame: true }, false],
  [
    'execute',
    { kind: 'wrongVariant', variant: 2 },
    { code: 'ENGINE_LOST', blame: true, detail: 'it answered with a proof that was not asked for' },
    false,
  ],
  ['execute', { kind: 'wrongVariant', variant: 4_711 }, { code: 'ENGINE_LOST', blame: true }, false],
  ['prove', { kind: 'oversize', announcedBytes: 2 ** 30 + 1 }, { code: 'ENGINE_LOST', blame: true }, false],
  ['execute', { kind: 'oversize', announcedBytes: 2 ** 26 + 1, variant: 100 }, { code: 'ENGINE_LOST' }, false],
  ['prove', { kind: 'proverError', text: 'no\nway' }, { code: 'ENGINE_REFUSED', detail: 'no way' }, true],
  ['setup', { kind: 'internalError', text: 'hm' }, { code: 'ENGINE_REFUSED', detail: 'hm' }, true],
  ['prove', { kind: 'proverError', text: 'CUDA error: out of memory' }, { code: 'OUT_OF_MEMORY' }, true],
  ['setup', { kind: 'failure', code: 2, text: 'odd' }, { code: 'ARTIFACT_MALFORMED', kind: 'program' }, true],
  ['prove', { kind: 'failure', code: 3, text: 'odd' }, { code: 'ARTIFACT_MALFORMED', kind: 'stdin' }, true],
  ['prove', { kind: 'failure', code: 4, text: 'fill X' }, { code: 'CIRCUITS_MISSING', detail: 'fill X' }, true],
  ['prove', { kind: 'failure', code: 5, text: '' }, { code: 'OUT_OF_MEMORY' }, true],
  ['prove', { kind: 'failure', code: 6, text: 'guest' }, { code: 'ENGINE_REFUSED', detail: 'guest' }, true],
  ['execute', { kind: 'guestFailure', cause: 10, exitCode: 0 }, { code: 'ENGINE_LOST', blame: true }, false],
  ['setup', { kind: 'otherVk' }, { code: 'VERIFICATION_KEY_MISMATCH', zeroFillTrap: true }, true],
];

test('a fault of the engine in place of its answer', async (t) => {
  const rig = await EngineRig.set(t);
  const engine = rig.engine(t);
  for (const [on, act, expected, connected] of faults) {
    await t.test(`${on}: ${JSON.stringify(act)} → ${expected.code}`, async (each) => {
      await rig.fake(each, { proofFillerBytes: 500_000, rules: [{ on, act, times: 1 }] });
      await engine.connect();
      const job = on === 'execute' ? await rig.executeJob() : await rig.proveJob({ zeroFillTrap: true });
      rig.lost.splice(0);
      const failure = failureOf(await engine.run(job, rig.watch()));
      assert.deepEqual({ ...failure, ...expected }, failure);
      assert.equal(engine.connected, connected);
      if (job.stage === 'prove') await absent(job.output.path);
      const next = await engine.run(await rig.executeJob(), rig.watch());
      if (connected) assert.equal(next.ok, true);
      else assert.equal(failureOf(next).code, 'ENGINE_LOST');
      // The outcome said it already.
      assert.deepEqual(rig.lost, []);
    });
  }
});

test('a program that the engine no longer knows is set up again by the next attempt', async (t) => {
  const rig = await EngineRig.set(t);
  const fake = await rig.fake(t, {
    rules: [{ on: 'prove', act: { kind: 'failure', code: 9, text: 'unknown key' }, times: 1 }],
  });
  const engine = rig.engine(t);
  await engine.connect();
  const job = await rig.proveJob();
  assert.equal(failureOf(await engine.run(job, rig.watch())).code, 'ENGINE_REFUSED');
  assert.equal((await engine.run(job, rig.watch())).ok, true);
  assert.deepEqual(
    fake.begun.map(({ kind }) => kind),
    ['setup', 'prove', 'setup', 'prove'],
  );
});

test('a file whose length changed is never begun, and the connection stays open', async (t) => {
  const rig = await EngineRig.set(t);
  const fake = await rig.fake(t);
  const engine = rig.engine(t);
  await engine.connect();
  const job = await rig.executeJob();
  await appendFile(job.stdin.path, '!');
  assert.deepEqual(failureOf(await engine.run(job, rig.watch())), {
    code: 'ARTIFACT_CORRUPT',
    retry: 'permanent',
    artifactId: job.stdin.id,
  });
  const gone = { ...job, stdin: { ...job.stdin, path: `${job.stdin.path}-gone` } };
  assert.equal(failureOf(await engine.run(gone, rig.watch())).code, 'ARTIFACT_NOT_FOUND');
  assert.equal(engine.connected, true);
  assert.equal((await engine.run(await rig.executeJob(), rig.watch())).ok, true);
  assert.equal(fake.begun.length, 1);
});

test('a file whose bytes changed cuts the connection before the engine has the whole frame', async (t) => {
  const rig = await EngineRig.set(t);
  const fake = await rig.fake(t);
  const engine = rig.engine(t);
  await engine.connect();
  const stdin = await rig.stored('stdin', Buffer.alloc(3_000_000, 1));
  await writeFile(stdin.path, Buffer.alloc(3_000_000, 2));
  const failure = failureOf(await engine.run(await rig.executeJob({ stdin }), rig.watch()));
  assert.deepEqual(failure, { code: 'ARTIFACT_CORRUPT', retry: 'permanent', artifactId: stdin.id });
  assert.equal(engine.connected, false);
  assert.deepEqual(fake.begun, []);
  // The same Engine connects again.
  assert.equal((await engine.connect()).ok, true);
  assert.equal((await engine.run(await rig.executeJob(), rig.watch())).ok, true);
});

test('an unwritable proof file costs the proof, not the engine', async (t) => {
  const rig = await EngineRig.set(t);
  await rig.fake(t, { proofFillerBytes: 2_000_000 });
  const engine = rig.engine(t);
  await engine.connect();
  const job = await rig.proveJob();
  await mkdir(job.output.path);
  assert.equal(failureOf(await engine.run(job, rig.watch())).code, 'INTERNAL');
  assert.equal(engine.connected, true);
  const elsewhere = { ...job, output: { ...job.output, path: `${job.output.path}-2` } };
  assert.equal((await engine.run(elsewhere, rig.watch())).ok, true);
});

test('a full disk is named', { skip: process.platform !== 'linux' }, async (t) => {
  const rig = await EngineRig.set(t);
  await rig.fake(t, { proofFillerBytes: 2_000_000 });
  const engine = rig.engine(t);
  await engine.connect();
  const job = await rig.proveJob();
  // A link, because the unfinished file is removed.
  await symlink('/dev/full', job.output.path);
  assert.equal(failureOf(await engine.run(job, rig.watch())).code, 'DISK_FULL');
  assert.equal(engine.connected, true);
});

test('giving up ends the call at once, with nothing left of the proof', async (t) => {
  const rig = await EngineRig.set(t);
  const slow = { kind: 'slowAnswer', pieceBytes: 1_000, pauseMs: 5 } as const;
  for (const act of [{ kind: 'hang' } as const, slow]) {
    const fake = await rig.fake(t, { proofFillerBytes: 1_000_000, rules: [{ on: 'prove', act }] });
    const engine = rig.engine(t);
    await engine.connect();
    const job = await rig.proveJob();
    const giveUp = new AbortController();
    const running = engine.run(job, rig.watch(giveUp.signal));
    await fake.until('prove');
    giveUp.abort();
    assert.deepEqual(failureOf(await running), { code: 'ABORTED', retry: 'transient' });
    assert.equal(engine.connected, false);
    await absent(job.output.path);
    await fake.close();
  }
});

test('a call given up before it begins never reaches the engine', async (t) => {
  const rig = await EngineRig.set(t);
  const fake = await rig.fake(t);
  const engine = rig.engine(t);
  await engine.connect();
  const outcome = await engine.run(await rig.executeJob(), rig.watch(AbortSignal.abort()));
  assert.equal(failureOf(outcome).code, 'ABORTED');
  assert.equal(engine.connected, true);
  assert.deepEqual(fake.begun, []);
});

test('a refusal in the middle of a long request is heard', async (t) => {
  const rig = await EngineRig.set(t);
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.pause();
      socket.write(encodeAnswer.failure(3, 'too much'));
    });
  });
  await new Promise<void>((resolve) => server.listen(rig.socketPath, resolve));
  t.after(() => server.close());
  const engine = rig.engine(t);
  await engine.connect();
  const stdin = await rig.stored('stdin', Buffer.alloc(20_000_000));
  const failure = failureOf(await engine.run(await rig.executeJob({ stdin }), rig.watch()));
  assert.deepEqual(failure, { code: 'ARTIFACT_MALFORMED', retry: 'permanent', kind: 'stdin', problem: 'too much' });
  assert.equal(engine.connected, false);
});
