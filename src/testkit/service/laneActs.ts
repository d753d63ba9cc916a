// Every action on lanes, as `operatorActs.ts` has the others, and a lane that is well.
import { Lanes } from '../../gen/admin/v1/lanes_pb.js';
import { laneId } from '../../ids.js';
import type { LaneReport } from '../../lanes/scheduling.js';
import type { World } from '../world/world.js';
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
];
