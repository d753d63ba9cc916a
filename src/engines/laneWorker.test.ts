// The client over a real socket and a real worker thread, against a fake engine that behaves.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { blake3 } from '@noble/hashes/blake3';
import { EngineRig } from '../testkit/engine/engineRig.js';
import {
  fakeProof,
  fakePublicValues,
  fakePublicValuesHash,
  fakeVk,
  programArtifact,
} from '../testkit/engine/fakeProof.js';
import { sampleRequestId } from '../testkit/sampleIds.js';
import type { Progress } from './jobs.js';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const done = { ok: true, value: undefined };

test('executes: cycles, gas and the hash of the public values', async (t) => {
  const rig = await EngineRig.set(t);
  await rig.fake(t, { cycles: 6_769 }, 'execute');
  const engine = rig.engine(t);
  assert.deepEqual(await engine.connect(), done);
  assert.deepEqual(await engine.run(await rig.executeJob(), rig.watch()), {
    ok: true,
    value: { cycles: '6769', gas: '13538', publicValuesHash: fakePublicValuesHash(rig.stdin) },
  });
});

test('keeps the public values of a guest that runs alone, up to a limit, and sets programs up without running them', async (t) => {
  const rig = await EngineRig.set(t);
  await rig.fake(t, {}, 'execute');
  const engine = rig.engine(t);
  await engine.connect();
  const { output: publicValues, program } = await rig.proveJob();
  const execute = async (limitBytes: number) =>
    engine.run(await rig.executeJob({ alone: { publicValues, limitBytes } }), rig.watch());
  const bytes = fakePublicValues(rig.stdin);
  const executed = await execute(bytes.length);
  assert.ok(executed.ok);
  assert.deepEqual(executed.value.publicValues, { sha256: sha256(bytes), sizeBytes: bytes.length });
  assert.deepEqual(await readFile(publicValues.path), Buffer.from(bytes));
  assert.deepEqual(await execute(bytes.length - 1), {
    ok: false,
    failure: {
      code: 'PUBLIC_VALUES_TOO_LARGE',
      retry: 'permanent',
      sizeBytes: bytes.length,
      limitBytes: bytes.length - 1,
    },
  });
  const setUp = await engine.run({ stage: 'setup', requestId: sampleRequestId(), attempt: 1, program }, rig.watch());
  assert.deepEqual(setUp, { ok: true, value: { vk: fakeVk(rig.elf).toString('hex') } });
});

test('compares what the guest commits to with what its requester has announced, in either digest', async (t) => {
  const rig = await EngineRig.set(t);
  await rig.fake(t, {}, 'execute');
  const engine = rig.engine(t);
  await engine.connect();
  const execute = async (announcedDigest: string) => engine.run(await rig.executeJob({ announcedDigest }), rig.watch());
  const found = fakePublicValuesHash(rig.stdin);
  assert.equal((await execute(found)).ok, true);
  const inBlake3 = Buffer.from(blake3(fakePublicValues(rig.stdin))).toString('hex');
  assert.equal((await execute(inBlake3)).ok, true);
  const announced = '66'.repeat(32);
  assert.deepEqual(await execute(announced), {
    ok: false,
    failure: { code: 'SIMULATION_DIFFERS', retry: 'permanent', announced, found },
  });
});

test('says what a guest did wrong, and goes on with the next', async (t) => {
  const rig = await EngineRig.set(t);
  const broken = sha256(rig.stdin);
  const act = { kind: 'guestFailure', cause: 1, exitCode: 3 } as const;
  await rig.fake(t, { cycles: 5_000, rules: [{ on: 'execute', stdinSha256: broken, act }] });
  const engine = rig.engine(t);
  await engine.connect();
  assert.deepEqual(await engine.run(await rig.executeJob(), rig.watch()), {
    ok: false,
    failure: {
      code: 'GUEST_FAILED',
      retry: 'permanent',
      cause: 'HALT_WITH_NON_ZERO_EXIT_CODE',
      exitCode: 3,
      cycles: '1000',
    },
  });
  const stdin = await rig.stored('stdin', Buffer.from('another input'));
  const limited = await engine.run(await rig.executeJob({ stdin, cycleLimit: '4999' }), rig.watch());
  assert.ok(!limited.ok && limited.failure.code === 'GUEST_FAILED');
  assert.equal(limited.failure.cause, 'EXCEEDED_CYCLE_LIMIT');
  assert.equal((await engine.run(await rig.executeJob({ stdin }), rig.watch())).ok, true);
});

test('proves into a file of our own, and the engine accepts that proof and no other', async (t) => {
  const rig = await EngineRig.set(t);
  // Larger than any socket buffer, so that it arrives in pieces.
  await rig.fake(t, { proofFillerBytes: 3_000_000 });
  const engine = rig.engine(t);
  await engine.connect();
  const job = await rig.proveJob();
  await writeFile(job.output.path, 'left by an attempt that a crash interrupted'.repeat(100_000));

  const proven = await engine.run(job, rig.watch());
  const expected = fakeProof(rig.elf, rig.stdin, 'compressed', 3_000_000);
  assert.deepEqual(proven, { ok: true, value: { sha256: sha256(expected), sizeBytes: expected.length } });
  assert.ok((await readFile(job.output.path)).equals(expected));
  assert.equal(rig.lastBytes.length, 1);

  const verify = async (proof: Buffer) => engine.run(await rig.verifyJob(proof), rig.watch());
  assert.deepEqual(await verify(expected), { ok: true, value: { verified: true } });
  const altered = Buffer.from(expected);
  altered.writeUInt8(altered.readUInt8(100) ^ 1, 100);
  const reason = 'the seal does not match';
  assert.deepEqual(await verify(altered), {
    ok: false,
    failure: { code: 'PROOF_INVALID', retry: 'transient', reason },
  });
});

test('a new proof file is readable by its owner alone', async (t) => {
  const rig = await EngineRig.set(t);
  await rig.fake(t);
  const engine = rig.engine(t);
  await engine.connect();
  const job = await rig.proveJob();
  assert.equal((await engine.run(job, rig.watch())).ok, true);
  assert.equal((await stat(job.output.path)).mode & 0o777, 0o600);
});

test('a valid proof of another mode or of other public values is not the one asked for', async (t) => {
  const rig = await EngineRig.set(t);
  await rig.fake(t);
  const engine = rig.engine(t);
  await engine.connect();
  const core = fakeProof(rig.elf, rig.stdin, 'core', 10);
  assert.deepEqual(await engine.run(await rig.verifyJob(core, 'compressed'), rig.watch()), {
    ok: false,
    failure: { code: 'PROOF_INVALID', retry: 'transient', reason: 'The proof is core, not compressed.' },
  });
  const ofOtherInput = fakeProof(rig.elf, Buffer.from('other'), 'compressed', 10);
  const mismatch = await engine.run(await rig.verifyJob(ofOtherInput), rig.watch());
  assert.ok(!mismatch.ok && mismatch.failure.code === 'PUBLIC_VALUES_MISMATCH');
});

test('sets a program up once per connection, and again after it was forgotten', async (t) => {
  const rig = await EngineRig.set(t);
  const fake = await rig.fake(t);
  const engine = rig.engine(t);
  await engine.connect();
  const job = await rig.proveJob();
  const kinds = () => fake.begun.splice(0).map(({ kind }) => kind);

  await engine.run(job, rig.watch());
  await engine.run({ ...job, mode: 'core' }, rig.watch());
  assert.deepEqual(kinds(), ['setup', 'prove', 'prove']);
  assert.deepEqual([...engine.programs], [job.program.sha256]);

  assert.deepEqual(await engine.forget(job.program.sha256), done);
  assert.deepEqual([...engine.programs], []);
  assert.deepEqual(await engine.forget(job.program.sha256), done);
  await engine.run(job, rig.watch());
  assert.deepEqual(kinds(), ['destroy', 'setup', 'prove']);

  await engine.connect();
  assert.deepEqual([...engine.programs], []);
  await engine.run(job, rig.watch());
  assert.deepEqual(kinds(), ['setup', 'prove']);
});

test('the seventeenth program takes the place of the one used longest ago', async (t) => {
  const rig = await EngineRig.set(t);
  const fake = await rig.fake(t);
  const engine = rig.engine(t);
  await engine.connect();
  const jobs = await Promise.all(
    Array.from({ length: 17 }, async (_, i) => {
      const elf = Buffer.from(`program ${i}`);
      const program = await rig.stored('program', programArtifact(elf));
      return rig.proveJob({ program, vk: fakeVk(elf).toString('hex') });
    }),
  );
  const [first, second, ...others] = jobs;
  assert.ok(first && second);
  for (const job of [first, second, ...others.slice(0, -1), first]) {
    assert.equal((await engine.run(job, rig.watch())).ok, true);
  }
  fake.begun.splice(0);
  assert.equal((await engine.run(others.at(-1) ?? first, rig.watch())).ok, true);
  assert.deepEqual(
    fake.begun.map(({ kind }) => kind),
    ['destroy', 'setup', 'prove'],
  );
  assert.equal(engine.programs.size, 16);
  assert.ok(engine.programs.has(first.program.sha256) && !engine.programs.has(second.program.sha256));
});

test('describes itself and says when it is ready', async (t) => {
  const rig = await EngineRig.set(t);
  const loading: Progress = { stage: 'loading', done: 3, total: 7, cycles: 0 };
  await rig.fake(t, { memoryAvailableBytes: 123, rules: [{ on: 'waitReady', progress: [loading] }] });
  const engine = rig.engine(t);
  await engine.connect();
  const info = await engine.info();
  assert.ok(info.ok);
  assert.equal(info.value.memoryAvailableBytes, 123);
  assert.equal(info.value.role, 'prove');
  assert.deepEqual(await engine.waitReady('core', rig.watch()), done);
  assert.deepEqual(rig.progress, [loading]);
});

test('every stage of the work is seen, also when the answer follows at once', async (t) => {
  const rig = await EngineRig.set(t);
  const progress: Progress[] = [
    { stage: 'executing', done: 0, total: 0, cycles: 500 },
    { stage: 'proving', done: 0, total: 4, cycles: 0 },
    { stage: 'proving', done: 1, total: 4, cycles: 0 },
    { stage: 'compressing', done: 0, total: 2, cycles: 0 },
  ];
  await rig.fake(t, { rules: [{ on: 'prove', progress }] });
  const engine = rig.engine(t);
  await engine.connect();
  await engine.run(await rig.proveJob(), rig.watch());
  const stages = rig.progress.map((each) => each.stage);
  assert.deepEqual([...new Set(stages)], ['executing', 'proving', 'compressing']);
});

test('the last byte is reported before the outcome, every time', async (t) => {
  const rig = await EngineRig.set(t);
  await rig.fake(t);
  const engine = rig.engine(t);
  await engine.connect();
  const job = await rig.executeJob();
  for (let calls = 1; calls <= 50; calls++) {
    await engine.run(job, rig.watch());
    assert.equal(rig.lastBytes.length, calls);
  }
});

test('speaks to sp1-gpu-server with its own requests only', async (t) => {
  const rig = await EngineRig.set(t);
  const progress: Progress[] = [{ stage: 'proving', done: 0, total: 4, cycles: 0 }];
  const fake = await rig.fake(t, { rules: [{ on: 'prove', progress }] });
  const engine = rig.engine(t, 'gpu');
  await engine.connect();
  assert.deepEqual(await engine.waitReady('core', rig.watch()), done);
  const info = await engine.info();
  assert.ok(!info.ok && info.failure.code === 'ENGINE_REFUSED');
  assert.equal((await engine.run(await rig.proveJob(), rig.watch())).ok, true);
  assert.deepEqual(
    fake.begun.map(({ kind }) => kind),
    // The first one is a program of our own: a server that has set nothing up has no prover yet.
    ['setup', 'destroy', 'setup', 'prove'],
  );
  // The fake sends progress to request 104 only: this is what we know by ourselves.
  assert.deepEqual(
    rig.progress.map((each) => each.stage),
    ['loading', 'proving'],
  );
});
