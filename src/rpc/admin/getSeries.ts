// Service.Series: how it went lately, in columns, as charts take them.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ServiceSeriesRequest, ServiceSeriesResponseSchema } from '../../gen/admin/v1/service_pb.js';
import { keptMinutes, type Minute, waitStages } from '../../metrics/minutes.js';
import type { AdminDependencies } from './dependencies.js';
import { sinceOf } from './sinceOf.js';
import { moment } from './spans.js';

const minuteMs = 60_000;

/** Throws NOT_UNDERSTOOD. */
export const getSeries =
  ({ minutes }: Pick<AdminDependencies, 'minutes'>) =>
  ({ since }: ServiceSeriesRequest): MessageInitShape<typeof ServiceSeriesResponseSchema> => {
    const all = minutes.last(Math.ceil(sinceOf(since, { mostMs: keptMinutes * minuteMs }) / minuteMs));
    const column = (of: (minute: Minute) => number) => all.map(of);
    return {
      first: moment(all[0]?.at ?? minutes.knownFrom),
      knownFrom: moment(minutes.knownFrom),
      started: column(({ started }) => started),
      fulfilled: column(({ fulfilled }) => fulfilled),
      failedByGuest: column(({ failedByGuest }) => failedByGuest),
      failedOtherwise: column(({ failedOtherwise }) => failedOtherwise),
      cancelled: column(({ cancelled }) => cancelled),
      expired: column(({ expired }) => expired),
      open: column(({ open }) => open),
      running: column(({ running }) => running),
      waits: waitStages
        .filter((stage) => all.some(({ waits }) => waits[stage] !== undefined))
        .map((stage) => ({
          stage,
          samples: column(({ waits }) => waits[stage]?.samples ?? 0),
          p50Seconds: column(({ waits }) => secondsOf(waits[stage]?.quantileMs(0.5))),
          p95Seconds: column(({ waits }) => secondsOf(waits[stage]?.quantileMs(0.95))),
        })),
      crashes: [...new Set(all.flatMap(({ crashes }) => [...crashes.keys()]))].map((laneId) => ({
        laneId,
        counts: column(({ crashes }) => crashes.get(laneId) ?? 0),
      })),
    };
  };

/** No more digits than are known. */
const secondsOf = (ms = 0): number => Math.round(ms) / 1_000;
