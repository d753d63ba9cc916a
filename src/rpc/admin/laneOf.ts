// A lane as operators see it.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { traitsOf } from '../../engines/traits.js';
import type { LaneSchema } from '../../gen/admin/v1/lanes_pb.js';
import type { LanePreparation, LaneReport, LaneWork } from '../../lanes/scheduling.js';
import type { Orders } from '../../operations/orders.js';
import { orderOf } from './orderOf.js';
import { problemOf } from './problem.js';
import { progressOf } from './rowOf.js';
import { span } from './spans.js';

export function laneOf(report: LaneReport, orders: Pick<Orders, 'of'>): MessageInitShape<typeof LaneSchema> {
  const { id, kind, stage, state, warm, crashes, crashesInWindow, resumesInMs, lastFailure } = report;
  const { current, preparation } = report;
  const order = orders.of(`lane.${id}`);
  return {
    id,
    kind,
    stage,
    state,
    warm,
    crashes,
    crashesInWindow,
    modes: [...report.modes],
    programs: [...report.programs],
    for: span(report.forMs),
    ...(typeof resumesInMs === 'number' && { resumesIn: span(resumesInMs) }),
    accepting: order === undefined && orders.of('dispatch') === undefined,
    ...(order && { order: orderOf(order) }),
    ...(lastFailure && { lastFailure: problemOf(lastFailure) }),
    ...(current && { current: workOf(current, stage) }),
    ...(preparation && { preparation: preparationOf(preparation) }),
    keepsPrograms: keepsPrograms(report),
  };
}

/** Its engine is told which programs to set up and to free. */
export const keepsPrograms = ({ kind, stage }: Pick<LaneReport, 'kind' | 'stage'>): boolean =>
  (stage === 'prove' || stage === 'setup') && traitsOf[kind].keepsPrograms;

const preparationOf = ({ what, vkHash, program, forMs, progress, isUnderWay, failure }: LanePreparation) => ({
  what,
  digest: program,
  ...(vkHash && { vkHash }),
  isUnderWay,
  for: span(forMs),
  ...(progress && { progress: progressOf(progress) }),
  ...(failure && { failure: problemOf(failure) }),
});

const workOf = ({ requestId, forMs, progress, missingBytes }: LaneWork, stage: string) => ({
  requestId,
  stage,
  for: span(forMs),
  missingBytes: BigInt(Math.ceil(missingBytes)),
  ...(progress && { progress: progressOf(progress) }),
});
