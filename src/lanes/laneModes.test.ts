// Which modes a lane says it serves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LaneRig, laneBecomes } from '../testkit/engine/laneRig.js';

test('modes without circuit files are not served, before the first start by what lies on this machine', {
  timeout: 300_000,
}, async (t) => {
  const rig = await LaneRig.set(t);
  const lane = rig.lane('prove', await rig.fake({ wrapCircuits: ['plonk'] }));
  assert.deepEqual([lane.serves('groth16'), lane.serves('plonk')], [false, false]);
  lane.start();
  await laneBecomes(lane, ({ state, warm }) => state === 'ready' && warm);
  assert.deepEqual([lane.serves('groth16'), lane.serves('plonk'), lane.serves('core')], [false, false, true]);
});
