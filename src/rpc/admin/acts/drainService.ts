// Service.Drain: stops the service as SIGTERM does. Jobs that run are ended, and begin again at the next start; nothing else is lost.
import { Service } from '../../../gen/admin/v1/service_pb.js';
import type { LaneReport } from '../../../lanes/scheduling.js';
import type { AdminDependencies } from '../dependencies.js';
import { type ActingDependencies, acting } from './acting.js';
import { refuseSeq } from './onService.js';

export type DrainServiceDependencies = ActingDependencies & Pick<AdminDependencies, 'upkeep' | 'scheduling' | 'counts'>;

/** So many of the jobs that would be lost are named. */
const mostNamed = 10;

export const drainService = (dependencies: DrainServiceDependencies) => {
  const { upkeep, scheduling, counts } = dependencies;
  return acting(Service.method.drain, dependencies, {
    name: 'service.drain',
    plan(_, expectedSeq) {
      refuseSeq(expectedSeq);
      const open = Object.values(counts().open).reduce((sum, count) => sum + count, 0);
      const busy = scheduling.laneReports().filter(({ current }) => current !== undefined);
      return {
        target: '',
        effects: [
          `The service stops: it takes nothing new, gives running calls ${upkeep.drainTimeoutMs / 1000} s, and ends its engines. Clients are told to try again until it is back.`,
          `${open} open requests are kept, and go on at the next start.`,
          busy.length === 0 ? 'Nothing runs on a lane.' : `${busy.length} jobs run, and begin again then.`,
          ...busy.slice(0, mostNamed).map(lossOf),
        ],
        apply: (act) => upkeep.stop(act),
      };
    },
    answer: () => ({}),
  });
};

const lossOf = ({ id, stage, current }: LaneReport): string =>
  `On ${id} the stage ${stage} of ${current?.requestId ?? 'a request'} has run for ${Math.round((current?.forMs ?? 0) / 1000)} s.`;
