// Lanes.Get: one lane, by its name.

import type { MessageInitShape } from '@bufbuild/protobuf';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { LanesGetRequest, LanesGetResponseSchema } from '../../gen/admin/v1/lanes_pb.js';
import type { LaneReport } from '../../lanes/scheduling.js';
import { printable } from '../../printable.js';
import type { AdminDependencies } from './dependencies.js';
import { laneOf } from './laneOf.js';

/** A name that somebody has given is shown again: so much of it. */
const shownLength = 40;

/** Throws LANE_UNKNOWN. */
export const getLane =
  (dependencies: Pick<AdminDependencies, 'scheduling' | 'orders'>) =>
  ({ id }: LanesGetRequest): MessageInitShape<typeof LanesGetResponseSchema> => ({
    lane: laneOf(laneNamed(id, dependencies), dependencies.orders),
  });

/** Throws LANE_UNKNOWN. */
export function laneNamed(id: string, { scheduling }: Pick<AdminDependencies, 'scheduling'>): LaneReport {
  const reports = scheduling.laneReports();
  const report = reports.find((lane) => lane.id === id);
  if (report !== undefined) return report;
  const lane = printable(id, shownLength);
  throw new FailureError(fail('LANE_UNKNOWN', { lane, lanes: reports.map((each) => each.id) }));
}
