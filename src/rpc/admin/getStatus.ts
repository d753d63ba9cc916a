// Service.Status: what an operator looks at first.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { LastHourSchema, ServiceStatusResponseSchema } from '../../gen/admin/v1/service_pb.js';
import { dispatchOf, intakeOf } from './acts/pause.js';
import { inBigInts } from './countRequests.js';
import type { AdminDependencies } from './dependencies.js';
import { type FiguresDependencies, figuresOfLines, oldestOf } from './figuresOfLines.js';
import { type NeedsYouDependencies, needsYou } from './needsYou.js';
import { problemOf } from './problem.js';
import { moment, span } from './spans.js';

export type GetStatusDependencies = FiguresDependencies &
  NeedsYouDependencies &
  Pick<
    AdminDependencies,
    'readiness' | 'life' | 'clock' | 'version' | 'started' | 'disk' | 'residentBytes' | 'counts' | 'orders' | 'minutes'
  >;

export const getStatus =
  (dependencies: GetStatusDependencies) => async (): Promise<MessageInitShape<typeof ServiceStatusResponseSchema>> => {
    const { readiness, scheduling, clock, version, started, counts } = dependencies;
    const disk = await dependencies.disk();
    const { freeBytes, sizeBytes } = disk;
    const { open, running, ended } = counts();
    const oldest = oldestOf(await figuresOfLines(dependencies));
    const needs = await needsYou(dependencies, disk);
    return {
      phase: readiness.state,
      version,
      life: dependencies.life,
      started: moment(started.at),
      up: span(clock.steady() - started.steady),
      needsYou: [...needs.first],
      needsYouTotal: needs.total,
      open,
      running,
      endedSinceStart: inBigInts(ended),
      lastHour: hourOf(dependencies.minutes),
      lanes: scheduling.laneReports().map(({ id, stage, state, warm }) => ({ id, stage, state, warm })),
      disk: { freeBytes: BigInt(freeBytes), sizeBytes: BigInt(sizeBytes) },
      residentBytes: BigInt(dependencies.residentBytes()),
      ...intakeOf(dependencies),
      ...dispatchOf(dependencies),
      ...(readiness.outage && { outage: problemOf(readiness.outage) }),
      ...(oldest !== undefined && { oldestWait: span(oldest) }),
    };
  };

function hourOf(minutes: GetStatusDependencies['minutes']): MessageInitShape<typeof LastHourSchema> {
  const hour = minutes.last(60);
  const sum = (of: (minute: (typeof hour)[number]) => number) => hour.reduce((total, minute) => total + of(minute), 0);
  return {
    fulfilled: sum(({ fulfilled }) => fulfilled),
    failedByGuest: sum(({ failedByGuest }) => failedByGuest),
    failedOtherwise: sum(({ failedOtherwise }) => failedOtherwise),
    cancelled: sum(({ cancelled }) => cancelled),
    expired: sum(({ expired }) => expired),
  };
}
