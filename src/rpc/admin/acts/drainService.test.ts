// The drain of the service: what a dry run says, who may, and that its audit is on disk before anything stops.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Service } from '../../../gen/admin/v1/service_pb.js';
import { actRig, auditOf, codeOf, operationId } from '../../../testkit/service/actRig.js';
import { sampleLane } from '../../../testkit/service/laneActs.js';
import { proving } from '../../../testkit/service/operatorActs.js';

const drain = { method: Service.method.drain };

it('admin drain says what runs and for how long, and then stops the service with its audit', async (t) => {
  const { world, call } = await actRig(t);
  const { id } = await proving(world());
  const current = { requestId: id, forMs: 250_000, progress: undefined, missingBytes: 0 };
  world().lanes.reports = [sampleLane('gpu-0', { state: 'busy', current }), sampleLane('gpu-1')];
  const dry = await call(drain, {}, { dryRun: true });
  assert.deepEqual(dry.said.changed.effects.slice(1), [
    '1 open requests are kept, and go on at the next start.',
    '1 jobs run, and begin again then.',
    `On gpu-0 the stage prove of ${id} has run for 250 s.`,
  ]);
  assert.match(dry.said.changed.effects[0] ?? '', /gives running calls 10 s/);
  await world().settle();
  assert.deepEqual([world().assembly.readiness.state, auditOf(world())], ['serving', []]);
  let audited: unknown;
  world().assembly.gate.onChange(() => {
    audited = auditOf(world()).map(({ operator, action, reason }) => [operator, action, reason]);
  });
  const done = await call(drain, {}, { operationId });
  assert.deepEqual([done.status, done.said.changed.applied], [200, true]);
  assert.deepEqual(done.said.changed.effects, dry.said.changed.effects);
  await world().settle();
  assert.equal(world().assembly.readiness.state, 'draining');
  assert.deepEqual(audited, [['ada', 'service.drain', 'the driver is replaced']]);
  assert.equal(codeOf(await call(drain, {})), 'DRAINING');
});

it('admin drain needs a reason, and takes no number of transitions', async (t) => {
  const { world, call } = await actRig(t);
  assert.equal(codeOf(await call(drain, {}, { reason: '' })), 'NOT_UNDERSTOOD');
  assert.equal(codeOf(await call(drain, {}, { expectedSeq: 3 })), 'NOT_UNDERSTOOD');
  await world().settle();
  assert.deepEqual([world().assembly.readiness.state, auditOf(world())], ['serving', []]);
});
