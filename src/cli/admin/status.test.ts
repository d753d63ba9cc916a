import assert from 'node:assert/strict';
import { it } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { ServiceStatusResponseSchema } from '../../gen/admin/v1/service_pb.js';
import { linesOf } from './status.js';

it('names what needs a person with the command that helps: of a request by its last digits, of a lane by its name', () => {
  const id = '01a22ca0197df4c09aca7230b0f2c94634bb78b1e031b5ee805d2bee20a5af25';
  const needsYou = [
    { reason: 'HELD', sentence: 'It is held.', requestId: id, command: `retry ${id}` },
    { reason: 'LANE_QUARANTINED', sentence: 'It rests.', laneId: 'gpu-0', command: 'lane gpu-0 start' },
    { reason: 'DISPATCH_PAUSED', sentence: 'Nothing is granted.', command: 'dispatch resume' },
  ];
  const lines = linesOf(create(ServiceStatusResponseSchema, { needsYou, needsYouTotal: needsYou.length }));
  const from = lines.findIndex((line) => line.startsWith('needs you'));
  assert.deepEqual(
    lines.slice(from, from + 6).map((line) => line.trim()),
    [
      'needs you  3      …20a5af25 HELD: It is held.',
      '→ admin retry …20a5af25',
      'gpu-0 LANE_QUARANTINED: It rests.',
      '→ admin lane gpu-0 start',
      'DISPATCH_PAUSED: Nothing is granted.',
      '→ admin dispatch resume',
    ],
  );
});

it('names five of what needs a person, and says how the others are found', () => {
  const needsYou = Array.from({ length: 20 }, (_, n) => ({
    reason: 'SILENT',
    sentence: 'It is silent.',
    requestId: `${n}`.padStart(64, '0'),
  }));
  const lines = linesOf(create(ServiceStatusResponseSchema, { needsYou, needsYouTotal: 348 }));
  assert.equal(lines.filter((line) => line.includes('SILENT')).length, 5);
  assert.ok(lines.some((line) => line.trim() === 'and 343 more → admin requests --needs-you'));
});

it('says how the last hour went, and which share failed by a fault that is not of the guest', () => {
  const hour = (lastHour: object) =>
    linesOf(create(ServiceStatusResponseSchema, { lastHour })).find((line) => line.startsWith('last hour'));
  assert.equal(hour({}), 'last hour  –');
  assert.equal(
    hour({ fulfilled: 38, failedByGuest: 4, failedOtherwise: 2, expired: 1 }),
    'last hour  fulfilled 38 · failed by their guest 4 · failed 2 · expired 1 · 5.0 % failed',
  );
});
