// A lane on an engine that has neither process nor socket: the host plays it, and the lane knows no difference.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Engine, EngineKind } from '../engines/engine.js';
import type { Job, Stage } from '../engines/jobs.js';
import type { Failure } from '../failures/catalog.js';
import { fail } from '../failures/fail.js';
import { succeeded } from '../failures/outcome.js';
import { laneId } from '../ids.js';
import { createLog } from '../log.js';
import { EngineRig } from '../testkit/engine/engineRig.js';
import { laneBecomes } from '../testkit/engine/laneRig.js';
import { playedHost } from '../testkit/engine/playedHost.js';
import { successOf } from '../testkit/engine/scriptedLanes.js';
import { SimulatedClock } from '../testkit/world/simulatedClock.js';
import type { EngineHome } from './engineHost.js';
import { Lane } from './lane.js';
import type { LaneStatus } from './scheduling.js';
import { UnstartableError } from './unstartableError.js';

const isWarm = (status: LaneStatus) => status.state === 'ready' && status.warm;
const is = (state: LaneStatus['state']) => (status: LaneStatus) => status.state === state;
const unwatched = () => ({ signal: new AbortController().signal, onProgress: () => {} });
const ample = 1e12;

/** An engine that is a few functions, and what has become of it. */
class PlayedEngine {
  connections = 0;
  connected = false;
  closed = false;
  memoryAvailableBytes = ample;
  lose: (failure: Failure) => void = () => {};

  readonly open =
    (kind: EngineKind) =>
    (onLost: (failure: Failure) => void): Engine => {
      this.lose = (failure) => {
        this.connected = false;
        onLost(failure);
      };
      const engine = {
        kind,
        programs: new Set(),
        connect: async () => {
          this.connections += 1;
          this.connected = true;
          return succeeded(undefined);
        },
        info: async () => succeeded({ wrapCircuits: ['plonk'], memoryAvailableBytes: this.memoryAvailableBytes }),
        waitReady: async () => succeeded(undefined),
        run: async (job: Job) => successOf(job),
        forget: async () => succeeded(undefined),
        close: async () => {
          this.closed = true;
        },
      };
      return Object.defineProperty(engine, 'connected', { get: () => this.connected }) as unknown as Engine;
    };
}

function laneOn(t: TestContext, stage: Stage, home: EngineHome) {
  const clock = new SimulatedClock();
  const modes = stage === 'prove' ? (['core', 'plonk', 'groth16'] as const) : [];
  const lane = new Lane({ id: laneId('played-0'), stage, modes, home, clock, log: createLog('silent') });
  t.after(() => lane.stop());
  return { lane, clock };
}

function played(t: TestContext, stage: Stage, kind: EngineKind = 'cpu') {
  const engine = new PlayedEngine();
  const spec = { kind: 'gpu', socketPath: '/nowhere' } as const;
  const home = playedHost(kind, engine.open(kind)).homeOf({ id: laneId('played-0'), stage, engine: spec });
  return { engine, home, ...laneOn(t, stage, home) };
}

const lostConnection = fail('ENGINE_LOST', { laneId: laneId('played-0'), detail: 'the play is over', blame: false });

test('does jobs, is lost, cools down and is back, without a process or a socket', async (t) => {
  const { lane, engine, clock } = played(t, 'execute');
  const jobs = await EngineRig.set(t);
  lane.start();
  await laneBecomes(lane, isWarm);
  assert.ok((await lane.run(await jobs.executeJob(), unwatched())).ok);
  await laneBecomes(lane, isWarm);
  engine.lose(lostConnection);
  assert.equal((await laneBecomes(lane, is('cooling'))).crashes, 1);
  await clock.advance(1_000);
  await laneBecomes(lane, isWarm);
  assert.equal(engine.connections, 2);
  // One connection object serves all runs at an address, and ends with the lane.
  assert.equal(engine.closed, false);
  await lane.stop();
  assert.equal(engine.closed, true);
});

test('what a kind cannot do is not asked of it', async (t) => {
  const prover = played(t, 'prove');
  prover.lane.start();
  await laneBecomes(prover.lane, isWarm);
  // It described itself: the circuit files that it has found.
  assert.deepEqual(prover.lane.modes, ['core', 'plonk']);
  const mute = played(t, 'prove', 'gpu');
  mute.lane.start();
  await laneBecomes(mute.lane, isWarm);
  assert.deepEqual(mute.lane.modes, ['core', 'plonk', 'groth16']);
  assert.equal(mute.lane.status.kind, 'gpu');
});

test('a proof waits for the memory of an engine that takes it from this machine, and for no other', async (t) => {
  const jobs = await EngineRig.set(t);
  const job = await jobs.proveJob({ mode: 'core' });
  const { lane, engine, clock } = played(t, 'prove');
  engine.memoryAvailableBytes = 1;
  lane.start();
  await laneBecomes(lane, isWarm);
  let isDone = false;
  const running = lane.run(job, unwatched()).finally(() => (isDone = true));
  await clock.advance(60_000);
  assert.equal(isDone, false);
  engine.memoryAvailableBytes = ample;
  await clock.advance(5_000);
  assert.ok((await running).ok);

  const gpu = played(t, 'prove', 'gpu');
  gpu.engine.memoryAvailableBytes = 1;
  gpu.lane.start();
  await laneBecomes(gpu.lane, isWarm);
  assert.ok((await gpu.lane.run(job, unwatched())).ok);
});

test('a home that can launch nothing says why', async (t) => {
  const { home } = played(t, 'execute');
  const { lane } = laneOn(t, 'execute', {
    ...home,
    launch: () => Promise.reject(new UnstartableError('has no place to live')),
  });
  lane.start();
  await laneBecomes(lane, is('cooling'));
  assert.deepEqual(lane.startFailure, { ...lostConnection, detail: 'has no place to live' });
});
