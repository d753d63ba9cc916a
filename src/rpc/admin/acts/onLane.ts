// Actions on one lane: how its name is read, what becomes of its job, and how it stands in the answer.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { fail } from '../../../failures/fail.js';
import { FailureError } from '../../../failures/failureError.js';
import type { LaneSchema } from '../../../gen/admin/v1/lanes_pb.js';
import type { LaneReport } from '../../../lanes/scheduling.js';
import type { Order } from '../../../operations/orders.js';
import type { Act } from '../../../store/buckets.js';
import type { AdminDependencies } from '../dependencies.js';
import { laneNamed } from '../getLane.js';
import { laneOf } from '../laneOf.js';
import type { ActingDependencies, Action } from './acting.js';
import { refuseSeq } from './onService.js';

export type OnLaneDependencies = ActingDependencies & Pick<AdminDependencies, 'orders' | 'scheduling'>;

export interface LaneStep {
  readonly effects: readonly string[];
  readonly apply: (act: Act) => Promise<void>;
}

/** `name`: after `lane.`. Throws LANE_UNKNOWN. */
export function onLane<Call extends { readonly id: string }>(
  name: string,
  dependencies: OnLaneDependencies,
  step: (report: LaneReport, order: Order | undefined, call: Call) => LaneStep | Promise<LaneStep>,
): Action<Call, { lane: MessageInitShape<typeof LaneSchema> }> {
  const { orders } = dependencies;
  return {
    name: `lane.${name}`,
    async plan(call, expectedSeq) {
      refuseSeq(expectedSeq);
      const report = laneNamed(call.id, dependencies);
      return { target: report.id, ...(await step(report, orders.of(`lane.${report.id}`), call)) };
    },
    answer: ({ id }) => ({ lane: laneOf(laneNamed(id, dependencies), orders) }),
  };
}

/** What becomes of its job when its engine is ended. */
export function jobLost({ id, current, preparation }: LaneReport): string {
  if (preparation?.isUnderWay) {
    const { what, vkHash, program } = preparation;
    return `The ${what} of program ${vkHash ?? program} on lane ${id} is given up.`;
  }
  if (current === undefined) return `Lane ${id} has no job, so nothing is lost.`;
  const { requestId, progress } = current;
  const at =
    progress !== undefined && progress.total > 0 ? ` at ${progress.stage} ${progress.done}/${progress.total}` : '';
  return `The work of lane ${id} on request ${requestId}${at} is lost. It waits again, first in line, and this try is not counted.`;
}

/** Throws LAST_LANE when no other lane takes some of its work, unless it is forced or takes nothing already. */
export function assertNotLast(report: LaneReport, force: boolean, { orders, scheduling }: OnLaneDependencies): void {
  if (force || orders.of(`lane.${report.id}`) !== undefined) return;
  const others = scheduling
    .laneReports()
    .filter(({ id, stage }) => id !== report.id && stage === report.stage)
    .filter(({ id, state }) => state !== 'quarantined' && orders.of(`lane.${id}`) === undefined);
  const work = report.serves.filter((kind) => !others.some((other) => other.serves.includes(kind)));
  if (work.length > 0) throw new FailureError(fail('LAST_LANE', { lane: report.id, work }));
}
