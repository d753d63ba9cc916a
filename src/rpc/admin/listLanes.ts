// Lanes.List: every lane of this service, in the order of its configuration.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { LanesListResponseSchema } from '../../gen/admin/v1/lanes_pb.js';
import type { AdminDependencies } from './dependencies.js';
import { laneOf } from './laneOf.js';

export const listLanes =
  ({ scheduling, orders }: Pick<AdminDependencies, 'scheduling' | 'orders'>) =>
  (): MessageInitShape<typeof LanesListResponseSchema> => ({
    lanes: scheduling.laneReports().map((report) => laneOf(report, orders)),
  });
