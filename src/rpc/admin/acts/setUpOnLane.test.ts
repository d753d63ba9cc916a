// What SetUp and Forget hand to the lane, and how an operator learns what came of it, beyond their rows in the table of actions.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fail } from '../../../failures/fail.js';
import { Lanes } from '../../../gen/admin/v1/lanes_pb.js';
import type { LaneReport } from '../../../lanes/scheduling.js';
import { actRig, auditOf, codeOf } from '../../../testkit/service/actRig.js';
import { sampleLane } from '../../../testkit/service/laneActs.js';
import { vkHash, type World } from '../../../testkit/world/world.js';

const setUp = { method: Lanes.method.setUp };
const forget = { method: Lanes.method.forget };
const given = (world: World, changes: Partial<LaneReport> = {}) => {
  world.lanes.reports = [sampleLane('gpu-0', changes)];
};
const digestIn = (world: World) => world.store.get('programs', vkHash)?.sha256 ?? assert.fail('not registered');

describe('a program on a lane', () => {
  it('is handed over with the key that was registered, by any of its digits', async (t) => {
    const { world, call } = await actRig(t);
    given(world());
    const { said } = await call(setUp, { id: 'gpu-0', vkHash: vkHash.slice(0, 8) });
    assert.match(said.changed.effects[0] ?? '', /^Program 2{64} is set up on lane gpu-0\. The lane is given no job/);
    const [order] = world().lanes.prepared;
    assert.ok(order?.what === 'set-up');
    assert.deepEqual([order.vkHash, order.program, order.vk], [vkHash, digestIn(world()), '00'.repeat(104)]);
  });

  it('is freed by its digest too, as a lane shows it, when it is registered no more', async (t) => {
    const { world, call } = await actRig(t);
    const digest = 'fe'.repeat(32) as LaneReport['programs'][number];
    given(world(), { programs: [digest] });
    assert.equal(codeOf(await call(forget, { id: 'gpu-0', vkHash: digest.slice(0, 8) })), 'PROGRAM_UNKNOWN');
    const { said } = await call(forget, { id: 'gpu-0', vkHash: digest.toUpperCase() });
    assert.match(said.changed.effects[0] ?? '', /^Program (fe){32} is freed on lane gpu-0\./);
    assert.deepEqual(
      world().lanes.prepared.map(({ what, program }) => [what, program]),
      [['forget', digest]],
    );
  });

  it('says what it costs: a prover that is loaded first, and the program that goes for it', async (t) => {
    const { world, call } = await actRig(t);
    const programs = Array.from({ length: 16 }, (_, n) =>
      `${n.toString(16)}e`.repeat(32),
    ) as LaneReport['programs'][number][];
    given(world(), { warm: false, programs });
    const { said } = await call(setUp, { id: 'gpu-0', vkHash }, { dryRun: true });
    assert.match(said.changed.effects[0] ?? '', /, when its prover is loaded\. .* for longest is freed for it\.$/);
    assert.deepEqual(world().lanes.prepared, []);
  });

  it('is refused, and leaves no audit, when the lane has got a job meanwhile', async (t) => {
    const { world, call } = await actRig(t);
    given(world());
    world().lanes.prepareLane = () => {
      given(world(), { state: 'busy' });
      return false;
    };
    const refused = await call(setUp, { id: 'gpu-0', vkHash });
    assert.equal(codeOf(refused), 'LANE_NOT_READY');
    assert.match(refused.said.message, /^Lane gpu-0 is busy,/);
    assert.deepEqual(auditOf(world()), []);
  });

  it('is given up with its engine, which the plan of a restart says; the lane shows how it went', async (t) => {
    const { world, call } = await actRig(t);
    const about = { what: 'set-up', vkHash, program: digestIn(world()), forMs: 8_000 } as const;
    const progress = { stage: 'setup', done: 0, total: 0, cycles: 0 } as const;
    const preparation = { ...about, progress, isUnderWay: true, failure: undefined };
    given(world(), { state: 'preparing', preparation });
    const plan = await call({ method: Lanes.method.restart }, { id: 'gpu-0' }, { dryRun: true });
    assert.equal(plan.said.changed.effects[1], `The set-up of program ${vkHash} on lane gpu-0 is given up.`);
    // An answer tells the lane as it stands.
    const shown = async () => {
      const { said } = await call({ method: Lanes.method.drain }, { id: 'gpu-0', force: true }, { dryRun: true });
      return (said as unknown as { lane: { preparation: object; keepsPrograms: boolean } }).lane;
    };
    const told = { what: 'set-up', vkHash, digest: digestIn(world()), for: '8s' };
    const { preparation: running, keepsPrograms } = await shown();
    assert.equal(keepsPrograms, true);
    assert.partialDeepStrictEqual(running, { ...told, isUnderWay: true, progress: { stage: 'setup' } });
    const failure = fail('VERIFICATION_KEY_MISMATCH', { vkHash });
    given(world(), { preparation: { ...about, progress: undefined, isUnderWay: false, failure } });
    const { preparation: ended } = await shown();
    assert.partialDeepStrictEqual(ended, {
      ...told,
      isUnderWay: false,
      failure: { code: 'VERIFICATION_KEY_MISMATCH' },
    });
  });
});
