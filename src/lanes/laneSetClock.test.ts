// A lane whose pauses go on while the wall clock is set.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LaneRig, laneBecomes } from '../testkit/engine/laneRig.js';
import type { LaneStatus } from './scheduling.js';

const is = (state: LaneStatus['state']) => (status: LaneStatus) => status.state === state;

test('a clock that is set neither shortens nor lengthens a pause, nor makes crashes older', {
  timeout: 300_000,
}, async (t) => {
  const rig = await LaneRig.set(t);
  const lane = rig.lane('execute', { kind: 'cpu', command: '/nonexistent/engine', env: {} });
  lane.start();
  for (const [pauseMs, setMs] of [
    [1_000, 3_600_000],
    [2_000, -7_200_000],
    [5_000, 3_600_000],
    [15_000, -3_600_000],
  ] as const) {
    await laneBecomes(lane, is('cooling'));
    await rig.clock.set(setMs);
    await rig.clock.advance(pauseMs - 1);
    assert.equal(lane.status.state, 'cooling');
    await rig.clock.advance(1);
  }
  // Five within ten minutes, though the clock says that they are hours apart.
  await laneBecomes(lane, is('quarantined'));
  await rig.clock.set(7_200_000);
  await rig.clock.advance(30 * 60_000 - 1);
  assert.equal(lane.status.state, 'quarantined');
  await rig.clock.advance(1);
  await laneBecomes(lane, is('cooling'));
  await lane.stop();
});
