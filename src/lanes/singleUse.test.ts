// A lane whose engines run one guest each, over real child processes.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAlive, LaneRig, laneBecomes } from '../testkit/engine/laneRig.js';
import { aloneKind } from './lane.js';
import type { LaneStatus } from './scheduling.js';

const unwatched = () => ({ signal: new AbortController().signal, onProgress: () => {} });
const isWarm = (status: LaneStatus) => status.state === 'ready' && status.warm;

test('a lane for single use gives each job an engine that has run nothing before, and ends it', {
  timeout: 300_000,
}, async (t) => {
  const rig = await LaneRig.set(t);
  const jobs = rig.engineRig;
  const guestFails = { on: 'execute', times: 1, act: { kind: 'guestFailure', cause: 1, exitCode: 3 } } as const;
  const memoryPath = join(jobs.folder, 'memory.json');
  const lane = rig.lane('execute', await rig.fake({ memoryPath, rules: [guestFails] }), { isSingleUse: true });
  assert.deepEqual([lane.serves('execute'), lane.serves(aloneKind), lane.serves('setup')], [false, true, false]);
  lane.start();
  for (const ok of [false, true, true]) {
    await laneBecomes(lane, isWarm);
    const pid = rig.pids.at(-1) as number;
    assert.equal((await lane.run(await jobs.executeJob(), unwatched())).ok, ok);
    await rig.logged('engine.started', rig.pids.length + 1);
    assert.ok(!isAlive(pid), 'it is gone before the next one starts');
  }
  assert.equal(new Set(rig.pids).size, 4);
  // None of these ends was a crash.
  assert.equal(lane.status.crashes, 0);
});
