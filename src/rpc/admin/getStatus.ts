// Service.Status: what an operator looks at first.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ServiceStatusResponseSchema } from '../../gen/admin/v1/service_pb.js';
import { dispatchOf, intakeOf } from './acts/pause.js';
import { inBigInts } from './countRequests.js';
import type { AdminDependencies } from './dependencies.js';
import { type LinesDependencies, linesOf, oldestWait } from './lines.js';
import { type NeedsYouDependencies, needsYou } from './needsYou.js';
import { problemOf } from './problem.js';
import { moment, span } from './spans.js';

/** So many of what needs a person are told. */
const mostNeeds = 20;

export type GetStatusDependencies = LinesDependencies &
  NeedsYouDependencies &
  Pick<
    AdminDependencies,
    'readiness' | 'life' | 'clock' | 'version' | 'started' | 'disk' | 'residentBytes' | 'counts' | 'orders'
  >;

export const getStatus =
  (dependencies: GetStatusDependencies) => async (): Promise<MessageInitShape<typeof ServiceStatusResponseSchema>> => {
    const { readiness, scheduling, clock, version, started, counts } = dependencies;
    const disk = await dependencies.disk();
    const { freeBytes, sizeBytes } = disk;
    const { open, running, ended } = counts();
    const lines = linesOf(dependencies);
    const oldest = oldestWait(lines);
    const needed = needsYou(dependencies, lines, disk);
    return {
      phase: readiness.state,
      version,
      life: dependencies.life,
      started: moment(started.at),
      up: span(clock.steady() - started.steady),
      needsYou: needed.slice(0, mostNeeds),
      needsYouTotal: needed.length,
      open,
      running,
      endedSinceStart: inBigInts(ended),
      lanes: scheduling.laneReports().map(({ id, stage, state, warm }) => ({ id, stage, state, warm })),
      disk: { freeBytes: BigInt(freeBytes), sizeBytes: BigInt(sizeBytes) },
      residentBytes: BigInt(dependencies.residentBytes()),
      ...intakeOf(dependencies),
      ...dispatchOf(dependencies),
      ...(readiness.outage && { outage: problemOf(readiness.outage) }),
      ...(oldest !== undefined && { oldestWait: span(oldest) }),
    };
  };
