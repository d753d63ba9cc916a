import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type ProofMode, proofModes, type RequestMode, type Stage } from '../engines/jobs.js';
import type { Failure } from '../failures/catalog.js';
import { fail } from '../failures/fail.js';
import { laneId } from '../ids.js';
import { FakeEngine } from '../testkit/engine/fakeEngine.js';
import { LaneRig } from '../testkit/engine/laneRig.js';
import type { Dispatcher } from './dispatcher.js';
import { outageOf, type Starter } from './outage.js';

const id = laneId('cpu-0');
const refused = fail('ENGINE_LOST', { laneId: id, detail: 'cannot be started (EACCES)', blame: false });
const lane = (stage: Stage, startFailure?: Failure, modes: readonly ProofMode[] = proofModes): Starter => ({
  id,
  stage,
  modes: stage === 'prove' ? modes : [],
  startFailure,
});
const fine = [lane('execute'), lane('prove'), lane('verify')];
const outage = (lanes: readonly Starter[], mode?: RequestMode) =>
  outageOf(lanes, mode, () => 'there is too little memory');

describe('an outage', () => {
  it('is none while every stage has a lane that works or starts for the first time', () => {
    assert.equal(outage(fine), undefined);
    assert.equal(
      outage([...fine, lane('execute', refused), lane('prove', refused), lane('verify', refused)]),
      undefined,
    );
  });

  for (const stage of ['execute', 'prove', 'verify'] as const) {
    it(`is one when every lane that is to ${stage} has failed to start`, () => {
      const lanes = [...fine.filter((each) => each.stage !== stage), lane(stage, refused), lane(stage, refused)];
      const reason = 'no engine has started for it since the service has (cpu-0: cannot be started (EACCES))';
      const expected = fail('STAGE_UNAVAILABLE', { stage, reason });
      assert.deepEqual(outage(lanes), expected);
      assert.deepEqual(outage(lanes, 'core'), expected);
    });
  }

  it('concerns a mode alone when the lanes that prove it have failed and others work', () => {
    const lanes = [lane('execute'), lane('verify'), lane('prove', undefined, ['core']), lane('prove', refused)];
    assert.equal(outage(lanes), undefined);
    assert.equal(outage(lanes, 'core'), undefined);
    assert.equal(outage(lanes, 'groth16')?.stage, 'prove');
  });

  it('concerns what is to be signed when no engine sets programs up or executes, and nothing that is proved', () => {
    const signing = [lane('execute'), lane('setup'), lane('verify')];
    // Without a prover it is all that the service is for.
    assert.equal(outage(signing), undefined);
    assert.equal(outage(signing, 'tee'), undefined);
    assert.equal(outage(signing, 'core')?.stage, 'prove');
    const broken = [...fine, lane('setup', refused)];
    assert.equal(outage(broken), undefined);
    assert.equal(outage(broken, 'core'), undefined);
    assert.equal(outage(broken, 'tee')?.stage, 'setup');
    assert.equal(outage([lane('setup'), lane('execute', refused), lane('verify')])?.stage, 'execute');
  });

  it('is one when no lane can prove at all, with the reason', () => {
    assert.deepEqual(
      outage([lane('execute'), lane('verify')]),
      fail('STAGE_UNAVAILABLE', { stage: 'prove', reason: 'there is too little memory' }),
    );
  });
});

describe('an outage of real lanes', { timeout: 300_000 }, () => {
  it('begins when the server of the only GPU has not come in time, and ends when it has', async (t) => {
    const rig = await LaneRig.set(t);
    const cpu = await rig.fake();
    const socketPath = join(rig.engineRig.folder, 'gpu.sock');
    const dispatcher = rig.dispatcher(
      [
        { id: laneId('e'), stage: 'execute', modes: [], engine: cpu },
        { id: laneId('v'), stage: 'verify', modes: [], engine: cpu },
        { id: laneId('p'), stage: 'prove', modes: proofModes, engine: { kind: 'gpu', socketPath } },
      ],
      { engines: rig.host({ gpuReadyMs: 50 }) },
    );
    assert.equal(dispatcher.outage(), undefined);
    await becomes(dispatcher, () => dispatcher.outage() !== undefined);
    assert.equal(dispatcher.outage()?.stage, 'prove');
    assert.match(dispatcher.outage()?.reason ?? '', /p: nobody accepted on its socket for 50 ms/);
    const server = await FakeEngine.start({ role: 'prove', socketPath, script: {}, onCrash: () => {} });
    t.after(() => server.close());
    rig.clock.advance(1_000);
    await becomes(dispatcher, () => dispatcher.outage() === undefined);
  });

  it('is not over with an engine that is up and dies as it loads its prover', async (t) => {
    const rig = await LaneRig.set(t);
    const cpu = await rig.fake();
    const dying = await rig.fake({ rules: [{ on: 'waitReady', act: { kind: 'crash' } }] });
    const dispatcher = rig.dispatcher([
      { id: laneId('e'), stage: 'execute', modes: [], engine: cpu },
      { id: laneId('v'), stage: 'verify', modes: [], engine: cpu },
      { id: laneId('p'), stage: 'prove', modes: proofModes, engine: dying },
    ]);
    await becomes(dispatcher, () => dispatcher.outage() !== undefined);
    assert.match(dispatcher.outage()?.reason ?? '', /p: exit code 134/);
    rig.clock.advance(1_000);
    const isUp = () => dispatcher.lanes().some(({ id, state, warm }) => id === 'p' && state === 'ready' && !warm);
    await becomes(dispatcher, isUp);
    assert.equal(dispatcher.outage()?.stage, 'prove');
  });
});

/** Looked at with every change of a lane. */
function becomes(dispatcher: Dispatcher, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!isSo()) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = dispatcher.onLaneChange(look);
    look();
  });
}
