// What a front makes of its workers: leases, epochs, certificates and versions, and workers that die, come late, or lie.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { FailureError } from '../failures/failureError.js';
import { Work } from '../gen/work/v1/work_pb.js';
import { createLog } from '../log.js';
import { systemRandom } from '../random.js';
import { LinkFailed } from '../remoteWorker/frontLink.js';
import { HandWorker } from '../testkit/remote/handWorker.js';
import { startWorkerRig, terms, version, type WorkerRig, watch } from '../testkit/remote/workerRig.js';
import { samplesOf } from '../testkit/service/prometheusText.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import { Roster } from './roster.js';

const quiet = { timeout: 300_000 };
const options = { signal: new AbortController().signal, timeoutMs: 120_000 };
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

class NoLanes {
  add(): void {}
  async remove(): Promise<void> {}
}
const proof = Buffer.from('bytes that claim to be a proof');

/** Front, a worker of the test with one lane offered, and a job that it has leased. */
async function leased(t: TestContext, signal?: AbortSignal) {
  const front = await startWorkerRig(t);
  const worker = await HandWorker.register(front.link());
  const held = worker.heartbeat();
  held.catch(() => undefined);
  const job = await front.rig.engineRig.proveJob();
  const outcome = front.dispatcher.run(job, terms, watch(signal));
  await front.lanesBecome((lanes) => lanes.some(({ state }) => state === 'busy'));
  return { front, worker, job, outcome, lease: await worker.lease() };
}

const refusedWith = (code: number, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof LinkFailed, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, words);
  return true;
};

async function finish(worker: HandWorker, lease: string, bytes = proof): Promise<boolean> {
  await worker.write(lease, 0, bytes);
  return worker.complete(lease, sha256(bytes), bytes.byteLength);
}

/** 4.14: what is counted of workers. */
const figures = async ({ meter }: WorkerRig) =>
  Object.fromEntries(
    [...samplesOf(await meter.text())].filter(([name, value]) => /^(remote|lease)_/.test(name) && value > 0),
  );

const lanesGone = (front: WorkerRig) => front.lanesBecome((lanes) => lanes.length === 0);

test('a leased job is read, written and completed; what is written again is not written twice', quiet, async (t) => {
  const { front, worker, job, outcome, lease } = await leased(t);
  assert.deepEqual(await worker.read(lease.lease, 'stdin'), front.rig.engineRig.stdin);
  assert.equal(sha256(await worker.read(lease.lease, 'program')), lease.program?.sha256);
  await worker.write(lease.lease, 0, proof.subarray(0, 10));
  await worker.write(lease.lease, 0, proof.subarray(0, 10));
  await worker.write(lease.lease, 10, proof.subarray(10));
  assert.equal(await worker.complete(lease.lease, sha256(proof), proof.byteLength), true);
  assert.deepEqual(await outcome, { ok: true, value: { sha256: sha256(proof), sizeBytes: proof.byteLength } });
  assert.deepEqual(await readFile(job.output.path), proof);
  assert.equal(await worker.complete(lease.lease, sha256(proof), proof.byteLength), false);
});

test('a job counts from when its worker has it, and its proof from when that has arrived', quiet, async (t) => {
  const front = await startWorkerRig(t);
  const worker = await HandWorker.register(front.link());
  worker.heartbeat().catch(() => undefined);
  const job = await front.rig.engineRig.proveJob();
  const outcome = front.dispatcher.run(job, terms, watch());
  await front.lanesBecome((lanes) => lanes.some(({ state }) => state === 'busy'));
  const count = async (name: string) => samplesOf(await front.meter.text()).get(name);
  await front.rig.clock.advance(3_000);
  assert.equal(await count('dispatch_seconds_count{}'), 0);
  const { lease } = await worker.lease();
  assert.deepEqual([await count('dispatch_seconds_sum{}'), await count('setups_total{result="miss"}')], [3, 1]);
  assert.equal(await finish(worker, lease), true);
  assert.ok((await outcome).ok);
  await front.rig.clock.advance(2_000);
  front.jobs.ended(job.requestId, true);
  assert.deepEqual([await count('completion_seconds_sum{}'), await count('dispatch_seconds_count{}')], [2, 1]);
});

test(
  'T47: a worker that is silent loses its lease, the job goes elsewhere, and what comes late is dropped',
  quiet,
  async (t) => {
    const { front, worker, job, outcome, lease } = await leased(t);
    await front.rig.clock.advance(34_000);
    assert.equal(front.dispatcher.lanes().length, 1);
    assert.deepEqual(await figures(front), { 'remote_leases{worker="alpha"}': 1 });
    await front.rig.clock.advance(1_000);
    const lost = await outcome;
    assert.ok(!lost.ok && lost.failure.code === 'ENGINE_LOST' && lost.failure.blame, JSON.stringify(lost));
    await lanesGone(front);
    assert.deepEqual(await figures(front), { 'lease_expired_total{}': 1 });

    await front.worker({ name: 'beta' });
    const again = await front.dispatcher.run(job, terms, watch());
    assert.ok(again.ok, JSON.stringify(again));
    const good = await readFile(job.output.path);
    await assert.rejects(worker.write(lease.lease, 0, proof), refusedWith(status.NOT_FOUND, /must register again/));
    await assert.rejects(
      worker.complete(lease.lease, sha256(proof), 3),
      refusedWith(status.NOT_FOUND, /register again/),
    );
    assert.deepEqual(await readFile(job.output.path), good);
  },
);

test('T47: a new epoch of the same worker fences the old one at once', quiet, async (t) => {
  const { front, worker, outcome, lease } = await leased(t);
  const next = await HandWorker.register(front.link());
  const lost = await outcome;
  assert.ok(!lost.ok && lost.failure.code === 'ENGINE_LOST' && lost.failure.blame);
  assert.notEqual(next.epoch, worker.epoch);
  await assert.rejects(finish(worker, lease.lease), refusedWith(status.FAILED_PRECONDITION, /works here as alpha now/));
});

test('a lease that is kept lasts for as long as the work', quiet, async (t) => {
  const { front, worker, outcome, lease } = await leased(t);
  for (let minute = 0; minute < 10; minute++) {
    const beat = worker.heartbeat([lease.lease]);
    // Two at once: the older one is answered, so this one has arrived.
    const next = worker.heartbeat([lease.lease]);
    await beat;
    await front.rig.clock.advance(29_000);
    await next;
  }
  assert.equal(await finish(worker, lease.lease), true);
  assert.ok((await outcome).ok);
});

test('a worker that goes on without its lease loses the lease alone', quiet, async (t) => {
  const { front, worker, outcome } = await leased(t);
  for (let beats = 0; beats < 7; beats++) {
    const beat = worker.heartbeat([]);
    // The newer one is held: the one before has arrived, and is answered.
    const next = worker.heartbeat([]);
    await beat;
    await front.rig.clock.advance(5_000);
    await next;
  }
  const lost = await outcome;
  assert.ok(!lost.ok && lost.failure.code === 'ENGINE_LOST' && lost.failure.blame);
});

test('a worker that leaves is no fault of its job', quiet, async (t) => {
  const { front, worker, outcome, lease } = await leased(t);
  await worker.leave();
  const lost = await outcome;
  assert.ok(!lost.ok && lost.failure.code === 'ENGINE_LOST' && !lost.failure.blame);
  await lanesGone(front);
  await assert.rejects(finish(worker, lease.lease), refusedWith(status.NOT_FOUND, /register again/));
});

test(
  'a job that is given up is cancelled at the worker, and its lane is free when the worker says so',
  quiet,
  async (t) => {
    const wish = new AbortController();
    const { front, worker, outcome, lease } = await leased(t, wish.signal);
    const beat = worker.heartbeat([lease.lease]);
    const stale = worker.heartbeat([lease.lease]);
    await Promise.race([beat, stale]);
    wish.abort();
    const [first, second] = await Promise.all([beat, stale]);
    assert.deepEqual([...first.cancelled, ...second.cancelled], [lease.lease]);
    assert.deepEqual(await outcome.then((each) => !each.ok && each.failure.code), 'ABORTED');
    assert.equal(front.dispatcher.lanes()[0]?.state, 'busy');
    assert.equal(await worker.fail(lease.lease, 'ABORTED'), true);
    await front.lanesBecome((lanes) => lanes[0]?.state === 'ready');
  },
);

test('a lane that asks before its heartbeat is here waits for it', quiet, async (t) => {
  const front = await startWorkerRig(t);
  const worker = await HandWorker.register(front.link());
  const outcome = front.dispatcher.run(await front.rig.engineRig.proveJob(), terms, watch());
  const asked = worker.lease();
  const never = assert.rejects(worker.lease('never-offered'), /there was no job/);
  // One that was answered is behind both questions.
  await worker.link.call(Work.method.fail, { epoch: worker.epoch, lease: '' }, options);
  worker.heartbeat().catch(() => undefined);
  assert.equal(await finish(worker, (await asked).lease), true);
  assert.ok((await outcome).ok);
  await front.rig.clock.advance(5_000);
  await never;
});

test('a job whose lease never arrived is handed out again', quiet, async (t) => {
  const { worker, outcome, lease } = await leased(t);
  const again = await worker.lease();
  assert.notEqual(again.lease, lease.lease);
  assert.equal(again.requestId, lease.requestId);
  assert.equal(await worker.complete(lease.lease, sha256(proof), proof.byteLength), false);
  assert.equal(await finish(worker, again.lease), true);
  assert.ok((await outcome).ok);
});

test('a hostile worker: a proof that is not what it said, out of order, or under a made-up lease', quiet, async (t) => {
  const { worker, job, outcome, lease } = await leased(t);
  const outOfOrder = refusedWith(status.INVALID_ARGUMENT, /the next piece begins at 0/);
  await assert.rejects(worker.write(lease.lease, 5, proof), outOfOrder);
  await assert.rejects(worker.write('00'.repeat(16), 0, proof), refusedWith(status.ABORTED, /not held/));
  await assert.rejects(worker.read(lease.lease, '../../etc/passwd'), refusedWith(status.INVALID_ARGUMENT, /neither/));
  await worker.write(lease.lease, 0, proof);
  assert.equal(await worker.complete(lease.lease, '00'.repeat(32), proof.byteLength), true);
  const ended = await outcome;
  assert.ok(!ended.ok && ended.failure.code === 'ENGINE_REFUSED' && /not arrive whole/.test(ended.failure.detail));
  assert.equal(existsSync(job.output.path), false);
});

test('a hostile worker: what it may say of a failure ends no request in a way of its own', quiet, async (t) => {
  for (const [code, expected] of [
    ['GUEST_FAILED', 'ENGINE_REFUSED'],
    ['PROOF_INVALID', 'ENGINE_REFUSED'],
    ['OUT_OF_MEMORY', 'OUT_OF_MEMORY'],
    ['DISK_FULL', 'DISK_FULL'],
  ] as const) {
    const { worker, outcome, lease } = await leased(t);
    assert.equal(await worker.fail(lease.lease, code, `\u001b[31mred\n${'x'.repeat(1_000)}`), true);
    const ended = await outcome;
    assert.ok(!ended.ok);
    assert.equal(ended.failure.code, expected);
    if (ended.failure.code === 'ENGINE_REFUSED') assert.match(ended.failure.detail, /^\?\[31mred\?x{200,300}$/);
  }
});

test('a hostile worker: names, lanes and numbers without bounds are refused', quiet, async (t) => {
  const front = await startWorkerRig(t);
  const malformed = refusedWith(status.INVALID_ARGUMENT, /The field/);
  for (const name of ['', 'UPPER', '../etc', 'x'.repeat(33), '-a'])
    await assert.rejects(HandWorker.register(front.link(), { name }), malformed);
  const worker = await HandWorker.register(front.link());
  const many = Array.from({ length: 33 }, (_, n) => `lane-${n}`);
  await assert.rejects(worker.heartbeat([], many), malformed);
  await assert.rejects(worker.heartbeat(many), malformed);
  await assert.rejects(worker.heartbeat([], ['a.b']), malformed);
  await assert.rejects(worker.lease('../lane'), malformed);
  const tooMuch = refusedWith(status.RESOURCE_EXHAUSTED, /more than the 307200 that are read/);
  await assert.rejects(worker.write('00'.repeat(16), 0, Buffer.alloc(400_000)), tooMuch);
});

test('a worker of another version or of other circuits is refused with a sentence', quiet, async (t) => {
  const front = await startWorkerRig(t);
  const refused = (words: RegExp) => refusedWith(status.FAILED_PRECONDITION, words);
  const register = (changes: object) => HandWorker.register(front.link(), changes);
  await assert.rejects(
    register({ version: '9.9.9' }),
    refused(/front is version 1\.2\.3 and the worker is version 9\.9\.9/),
  );
  await assert.rejects(register({ circuits: 'sp1-v5.0.0' }), refused(/circuits sp1-v6\.1\.0 and the worker sp1-v5/));
  const worker = await front.worker({ version: '9.9.9' });
  await assert.rejects(worker.ended, refused(/Install the same on both machines/));
});

test('a certificate of a stranger is refused, and nothing that such a worker sends is read', quiet, async (t) => {
  const front = await startWorkerRig(t);
  const refused = refusedWith(status.UNAUTHENTICATED, /has shown none that it trusts/);
  await assert.rejects(HandWorker.register(front.link('stranger')), refused);
  const worker = await front.worker({ certificate: 'stranger' });
  await assert.rejects(worker.ended, refused);
  const piece = new Uint8Array(400_000);
  await assert.rejects(
    front.link('stranger').call(Work.method.write, { epoch: '', lease: '', offset: 0n, piece }, options),
    refused,
  );
  assert.deepEqual(front.dispatcher.lanes(), []);
});

test('two certificates cannot share a name, and an epoch is of use only with the certificate that got it', () => {
  const about = { dispatcher: new NoLanes(), version, circuits: 'c', random: systemRandom, log: createLog('silent') };
  const roster = new Roster({ ...about, clock: new SimulatedClock() });
  const registration = { name: 'alpha', certificate: 'aa', version, circuits: 'c' };
  const code = (expected: string) => (error: unknown) =>
    error instanceof FailureError && error.failure.code === expected;
  const epoch = roster.register(registration);
  assert.throws(() => roster.register({ ...registration, certificate: 'bb' }), code('WORKER_NAME_TAKEN'));
  assert.throws(() => roster.worker(epoch, 'bb'), code('WORKER_UNKNOWN'));
  const next = roster.register(registration);
  assert.throws(() => roster.worker(epoch, 'aa'), code('WORKER_REPLACED'));
  roster.leave(roster.worker(next, 'aa'));
  roster.register({ ...registration, certificate: 'bb' });
  for (let n = 1; n < 64; n++) roster.register({ ...registration, name: `worker-${n}` });
  assert.throws(() => roster.register({ ...registration, name: 'one-more' }), code('QUEUE_FULL'));
  roster.close();
  assert.throws(() => roster.register(registration), code('DRAINING'));
});

test('requests are refused until the first worker has come, and wait for one from then on', quiet, async (t) => {
  const front = await startWorkerRig(t);
  assert.equal(front.dispatcher.refusal('core'), undefined);
  const outage = front.dispatcher.outage('core');
  assert.ok(outage?.stage === 'execute' || /no worker has come/.test(outage?.reason ?? ''), JSON.stringify(outage));
  const worker = await HandWorker.register(front.link());
  worker.heartbeat().catch(() => undefined);
  await front.lanesBecome((lanes) => lanes.length === 1);
  await worker.leave();
  await lanesGone(front);
  assert.notEqual(front.dispatcher.outage('core')?.stage, 'prove');
});
