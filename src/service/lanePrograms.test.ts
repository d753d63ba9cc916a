// In which order a lane is taken for a program, the audit is written, and the lane begins.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { laneId, type Sha256 } from '../ids.js';
import type { LaneReport, ProgramOrder } from '../lanes/scheduling.js';
import { before } from '../testkit/service/actRig.js';
import { sampleLane } from '../testkit/service/laneActs.js';
import { createLanePrograms } from './lanePrograms.js';

const id = laneId('gpu-0');
const program = { vkHash: undefined, sha256: 'ab'.repeat(32) as Sha256 };

/** An audit that is written when a test says so, and a lane that is as it says. */
function rig(state: LaneReport['state'] = 'ready') {
  const events: string[] = [];
  const writing: { written: () => void; refused: (error: Error) => void }[] = [];
  const lanePrograms = createLanePrograms({
    scheduling: {
      laneReports: () => [sampleLane(id, { state })],
      prepareLane(_: unknown, { noted }: ProgramOrder) {
        if (state !== 'ready') return false;
        events.push('taken');
        noted().then(
          () => events.push('begun'),
          () => events.push('left'),
        );
        return true;
      },
    },
    orders: {
      note: () =>
        new Promise<void>((written, refused) => {
          events.push('noting');
          writing.push({ written, refused });
        }),
    },
    artifacts: { localFile: () => Promise.reject(new Error('nothing is loaded here')) },
  });
  const done = lanePrograms.forget(id, program, before).then(() => events.push('done'));
  return { events, writing, done };
}

describe('an order about a program on a lane', () => {
  it('takes the lane, is written once, and then begins and is answered', async () => {
    const { events, writing, done } = rig();
    await new Promise(setImmediate);
    assert.deepEqual(events, ['taken', 'noting']);
    writing[0]?.written();
    await done;
    assert.deepEqual([...events].sort(), ['begun', 'done', 'noting', 'taken']);
  });

  it('is left, and its caller told, when it cannot be written', async () => {
    const { events, writing, done } = rig();
    writing[0]?.refused(new Error('a full disk'));
    await assert.rejects(done, /a full disk/);
    assert.deepEqual(events, ['taken', 'noting', 'left']);
  });

  it('is not written when the lane cannot be taken', async () => {
    const { events, done } = rig('busy');
    await assert.rejects(done, /LANE_NOT_READY/);
    assert.deepEqual(events, []);
  });
});
