// Connections that begin late, end early or say too much. The lane gets one report of each, by one means.
import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Failure } from '../failures/catalog.js';
import type { Outcome } from '../failures/outcome.js';
import { EngineRig } from '../testkit/engine/engineRig.js';
import { encodeAnswer } from '../testkit/engine/fakeEngineWire.js';

function failureOf(outcome: Outcome<unknown>): Failure {
  assert.equal(outcome.ok, false);
  return outcome.failure;
}

test('an engine that dies while idle is reported once', async (t) => {
  const rig = await EngineRig.set(t);
  const fake = await rig.fake(t);
  const engine = rig.engine(t);
  await engine.connect();
  await engine.run(await rig.proveJob(), rig.watch());
  const reported = rig.nextLost();
  await fake.close();
  const detail = 'it closed the connection';
  assert.deepEqual(await reported, { code: 'ENGINE_LOST', retry: 'transient', laneId: 'lane-0', detail, blame: false });
  assert.equal(engine.connected, false);
  assert.equal(engine.programs.size, 0);
  assert.equal(rig.lost.length, 1);
});

test('closing ends a running call and the thread', async (t) => {
  const rig = await EngineRig.set(t);
  const fake = await rig.fake(t, { rules: [{ on: 'execute', act: { kind: 'hang' } }] });
  const engine = rig.engine(t);
  await engine.connect();
  const running = engine.run(await rig.executeJob(), rig.watch());
  await fake.until('execute');
  await engine.close();
  assert.equal(failureOf(await running).code, 'ABORTED');
  assert.equal(failureOf(await engine.connect()).code, 'ABORTED');
  await engine.close();
});

/** An engine of which only its first words matter. */
async function engineThat(t: TestContext, rig: EngineRig, onConnection: (socket: Socket) => void): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(rig.socketPath, resolve));
  t.after(() => server.close());
}

test('an engine that speaks without being asked is not trusted', async (t) => {
  const rig = await EngineRig.set(t);
  // Before or after `connect` has its answer: either way the loss is reported once.
  await engineThat(t, rig, (socket) => socket.write(encodeAnswer.ok()));
  const engine = rig.engine(t);
  const reported = rig.nextLost();
  const connected = await engine.connect();
  const failure = connected.ok ? await reported : connected.failure;
  assert.ok(failure.code === 'ENGINE_LOST' && !failure.blame);
  assert.equal(engine.connected, false);
});

test('an engine that says more than its answer is not trusted again', async (t) => {
  const rig = await EngineRig.set(t);
  const twice = Buffer.concat([encodeAnswer.ok(), encodeAnswer.ok()]);
  await engineThat(t, rig, (socket) => socket.once('data', () => socket.write(twice)));
  const engine = rig.engine(t);
  const reported = rig.nextLost();
  await engine.connect();
  const ready = await engine.waitReady('core', rig.watch());
  assert.equal(ready.ok, true);
  if (engine.connected) await reported;
  assert.equal(engine.connected, false);
});

test('an engine that answers and goes is missed, whichever is noticed first', async (t) => {
  const rig = await EngineRig.set(t);
  await engineThat(t, rig, (socket) => socket.once('data', () => socket.end(encodeAnswer.ok())));
  const engine = rig.engine(t);
  for (let round = 0; round < 50; round++) {
    const reported = rig.nextLost();
    assert.equal((await engine.connect()).ok, true);
    assert.equal((await engine.waitReady('core', rig.watch())).ok, true);
    if (engine.connected) await reported;
    assert.equal(engine.connected, false);
  }
});

test('a socket without a listener: says so when the time is up, or when the caller gives up', async (t) => {
  const rig = await EngineRig.set(t);
  const impatient = rig.engine(t, 'cpu', 50);
  const failure = failureOf(await impatient.connect());
  assert.ok(failure.code === 'ENGINE_LOST' && !failure.blame);
  assert.equal(failure.detail, 'nobody accepted on its socket for 50 ms (ENOENT)');

  const giveUp = new AbortController();
  const waiting = rig.engine(t).connect(giveUp.signal);
  giveUp.abort();
  assert.equal(failureOf(await waiting).code, 'ABORTED');
});

test('connects as soon as a late engine binds its socket', async (t) => {
  const rig = await EngineRig.set(t);
  const connecting = rig.engine(t).connect();
  await rig.fake(t);
  assert.equal((await connecting).ok, true);
});
