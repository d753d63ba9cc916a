// Every action on lanes, as `operatorActs.ts` has the others, and a lane that is well.
import { Lanes } from '../../gen/admin/v1/lanes_pb.js';
import { type Address, laneId, type Sha256, type VkHash } from '../../ids.js';
import type { LaneReport } from '../../lanes/scheduling.js';
import type { ProgramRecord } from '../../store/buckets.js';
import { vkHash, type World } from '../world/world.js';
import { auditOf, before } from './actRig.js';
import type { Act } from './operatorAct.js';

export const sampleLane = (id: string, changes: Partial<LaneReport> = {}): LaneReport => ({
  id: laneId(id),
  kind: 'gpu',
  stage: 'prove',
  state: 'ready',
  modes: ['core', 'compressed'],
  serves: ['core', 'compressed'],
  warm: true,
  crashes: 0,
  forMs: 0,
  crashesInWindow: 0,
  resumesInMs: undefined,
  lastFailure: null,
  current: undefined,
  programs: [],
  ...changes,
});

function withLanes({
  others = [{}],
  ordered,
}: {
  readonly others?: readonly Partial<LaneReport>[];
  readonly ordered?: 'drained' | 'stopped';
} = {}) {
  return async (world: World) => {
    world.lanes.reports = [sampleLane('gpu-0'), ...others.map((other, index) => sampleLane(`gpu-${index + 1}`, other))];
    if (ordered !== undefined) await world.assembly.orders.set('lane.gpu-0' as 'dispatch', { what: ordered }, before);
    return { id: 'gpu-0' };
  };
}

function laneSeen(world: World) {
  const id = laneId('gpu-0');
  const { mayGrant, mayStart } = world.lanes.orders ?? {};
  return [world.assembly.orders.of(`lane.${id}`), mayGrant?.(id), mayStart?.(id)];
}

const registered = (world: World) => world.store.get('programs', vkHash) as ProgramRecord;

/** Of the lane that is asked, and of the program. `holds`: it is set up there. */
const withProgram =
  (changes: Partial<LaneReport> & { readonly holds?: boolean } = {}, asked: Record<string, unknown> = {}) =>
  async (world: World) => {
    const { holds = false, ...lane } = changes;
    const programs = holds ? [registered(world).sha256] : [];
    world.lanes.reports = [sampleLane('gpu-0', { programs, ...lane })];
    return { id: 'gpu-0', vkHash, ...asked };
  };

/** Two have registered other programs under one key, and no lane has said who is right. */
async function withRivals(world: World) {
  const rival = 'cd'.repeat(32) as VkHash;
  const { confirmed: _, ...program } = registered(world);
  await world.store.write((tx) => {
    for (const byte of ['11', '22']) {
      const owner = byte.repeat(20) as Address;
      const sha256 = byte.repeat(32) as Sha256;
      tx.put('programCandidates', [rival, owner], { ...program, vkHash: rival, owner, sha256 });
    }
  });
  return withProgram({}, { vkHash: rival })(world);
}

/** Nothing of it is kept over a restart but its audit. */
const lanePrepared = (world: World) => auditOf(world).map(({ effects }) => effects);

export const laneActs: readonly Act[] = [
  {
    method: Lanes.method.drain,
    name: 'lane.drain',
    given: withLanes(),
    seen: laneSeen,
    refused: [
      ['NOTHING_TO_DO', withLanes({ ordered: 'drained' })],
      ['LAST_LANE', withLanes({ others: [] })],
      ['LAST_LANE', withLanes({ others: [{ serves: ['core'] }] })],
      ['LAST_LANE', withLanes({ others: [{ state: 'quarantined' }] })],
      ['LANE_UNKNOWN', async () => ({ id: 'gpu-9' })],
    ],
  },
  {
    method: Lanes.method.resume,
    name: 'lane.resume',
    given: withLanes({ ordered: 'drained' }),
    seen: laneSeen,
    refused: [
      ['NOTHING_TO_DO', withLanes()],
      ['NOTHING_TO_DO', withLanes({ ordered: 'stopped' })],
    ],
  },
  {
    method: Lanes.method.stop,
    name: 'lane.stop',
    given: withLanes(),
    seen: laneSeen,
    refused: [
      ['NOTHING_TO_DO', withLanes({ ordered: 'stopped' })],
      ['LAST_LANE', withLanes({ others: [] })],
    ],
  },
  {
    method: Lanes.method.start,
    name: 'lane.start',
    given: withLanes({ ordered: 'stopped' }),
    seen: laneSeen,
    refused: [['NOTHING_TO_DO', withLanes()]],
  },
  {
    method: Lanes.method.restart,
    name: 'lane.restart',
    given: withLanes(),
    seen: (world) => [laneSeen(world), auditOf(world).length],
    refused: [['NOTHING_TO_DO', withLanes({ ordered: 'stopped' })]],
  },
  {
    method: Lanes.method.setUp,
    name: 'lane.set-up',
    given: withProgram(),
    seen: lanePrepared,
    refused: [
      ['NOTHING_TO_DO', withProgram({ holds: true })],
      ['LANE_NOT_READY', withProgram({ state: 'busy' })],
      ['LANE_KEEPS_NONE', withProgram({ stage: 'verify', kind: 'cpu' })],
      ['LANE_KEEPS_NONE', withProgram({ kind: 'worker' })],
      ['PROGRAM_UNKNOWN', withProgram({}, { vkHash: 'ab'.repeat(32) })],
      ['PROGRAM_UNCERTAIN', withRivals],
      ['NOT_UNDERSTOOD', withProgram({}, { vkHash: '' })],
      ['LANE_UNKNOWN', withProgram({}, { id: 'gpu-9' })],
    ],
  },
  {
    method: Lanes.method.forget,
    name: 'lane.forget',
    given: withProgram({ holds: true }),
    seen: lanePrepared,
    refused: [
      ['NOTHING_TO_DO', withProgram()],
      ['LANE_NOT_READY', withProgram({ holds: true, state: 'preparing' })],
      ['LANE_KEEPS_NONE', withProgram({ holds: true, stage: 'execute', kind: 'cpu' })],
      ['PROGRAM_UNKNOWN', withProgram({ holds: true }, { vkHash: 'ab'.repeat(32) })],
    ],
  },
];
