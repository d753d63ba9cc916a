// Connections that begin late, end early or say too much, and what the lane is told about each: once, by one means.
import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Failure, Outcome } from '../errors.js';
import { EngineStage } from '../testkit/engineStage.js';
import { encodeAnswer } from '../testkit/fakeEngineWire.js';

function failureOf(outcome: Outcome<unknown>): Failure {
  assert.equal(outcome.ok, false);
  return outcome.failure;
}

test('an engine that dies while idle is reported once', async (t) => {
  const stage = await EngineStage.set(t);
  const fake = await stage.fake(t);
  const engine = stage.engine(t);
  await engine.connect();
  await engine.run(await stage.proveJob(), stage.watch());
  const reported = stage.nextLost();
  await fake.close();
  const detail = 'it closed the connection';
  assert.deepEqual(await reported, { code: 'ENGINE_LOST', retry: 'transient', laneId: 'lane-0', detail, blame: false });
  assert.equal(engine.connected, false);
  assert.equal(engine.programs.size, 0);
  assert.equal(stage.lost.length, 1);
});

test('closing ends a running call and the thread', async (t) => {
  const stage = await EngineStage.set(t);
  const fake = await stage.fake(t, { rules: [{ on: 'execute', act: { kind: 'hang' } }] });
  const engine = stage.engine(t);
  await engine.connect();
  const running = engine.run(await stage.executeJob(), stage.watch());
  await fake.until('execute');
  await engine.close();
  assert.equal(failureOf(await running).code, 'ABORTED');
  assert.equal(failureOf(await engine.connect()).code, 'ABORTED');
  await engine.close();
});

/** An engine of which only its first words matter. */
async function engineThat(t: TestContext, stage: EngineStage, onConnection: (socket: Socket) => void): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(stage.socketPath, resolve));
  t.after(() => server.close());
}

test('an engine that speaks without being asked is not trusted', async (t) => {
  const stage = await EngineStage.set(t);
  // Before or after `connect` has its answer: either way it is told, once.
  await engineThat(t, stage, (socket) => socket.write(encodeAnswer.ok()));
  const engine = stage.engine(t);
  const reported = stage.nextLost();
  const connected = await engine.connect();
  const failure = connected.ok ? await reported : connected.failure;
  assert.ok(failure.code === 'ENGINE_LOST' && !failure.blame);
  assert.equal(engine.connected, false);
});

test('an engine that says more than its answer is not trusted again', async (t) => {
  const stage = await EngineStage.set(t);
  const twice = Buffer.concat([encodeAnswer.ok(), encodeAnswer.ok()]);
  await engineThat(t, stage, (socket) => socket.once('data', () => socket.write(twice)));
  const engine = stage.engine(t);
  const reported = stage.nextLost();
  await engine.connect();
  const ready = await engine.waitReady('core', stage.watch());
  assert.equal(ready.ok, true);
  if (engine.connected) await reported;
  assert.equal(engine.connected, false);
});

test('an engine that answers and goes is missed, whichever is noticed first', async (t) => {
  const stage = await EngineStage.set(t);
  await engineThat(t, stage, (socket) => socket.once('data', () => socket.end(encodeAnswer.ok())));
  const engine = stage.engine(t);
  for (let round = 0; round < 50; round++) {
    const reported = stage.nextLost();
    assert.equal((await engine.connect()).ok, true);
    assert.equal((await engine.waitReady('core', stage.watch())).ok, true);
    if (engine.connected) await reported;
    assert.equal(engine.connected, false);
  }
});

test('nobody on the socket: says so when the time is up, or when the caller gives up', async (t) => {
  const stage = await EngineStage.set(t);
  const impatient = stage.engine(t, 'cpu', 50);
  const failure = failureOf(await impatient.connect());
  assert.ok(failure.code === 'ENGINE_LOST' && !failure.blame);
  assert.equal(failure.detail, 'nobody accepted on its socket for 50 ms (ENOENT)');

  const giveUp = new AbortController();
  const waiting = stage.engine(t).connect(giveUp.signal);
  giveUp.abort();
  assert.equal(failureOf(await waiting).code, 'ABORTED');
});

test('connects as soon as a late engine binds its socket', async (t) => {
  const stage = await EngineStage.set(t);
  const connecting = stage.engine(t).connect();
  await stage.fake(t);
  assert.equal((await connecting).ok, true);
});
