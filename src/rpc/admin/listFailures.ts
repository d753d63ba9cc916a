// Service.Failures: why requests have failed lately, by code. One cause or many, one lane, one program?
import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  FailureGroupSchema,
  ServiceFailuresRequest,
  ServiceFailuresResponseSchema,
} from '../../gen/admin/v1/service_pb.js';
import { type RequestView, vkHashOf } from '../../machines/request/view.js';
import { Tally } from '../../tally.js';
import type { AdminDependencies } from './dependencies.js';
import { problemOf } from './problem.js';
import { sinceOf } from './sinceOf.js';
import { moment } from './spans.js';

/** Records go after some time, so it is never a question of years; a bound for the arithmetic of times (ms). */
const longestMs = 366 * 24 * 3_600_000;
const mostSamples = 3;
const mostShares = 10;

export type ListFailuresDependencies = Pick<AdminDependencies, 'browse' | 'clock' | 'held' | 'registry'>;

type FailedView = Extract<RequestView, { readonly state: 'failed' | 'held' }>;

interface Group {
  count: number;
  held: number;
  firstAt: number;
  lastAt: number;
  readonly samples: FailedView[];
  readonly lanes: Tally<string>;
  readonly programs: Tally<string>;
}

/** Throws NOT_UNDERSTOOD. */
export const listFailures =
  (dependencies: ListFailuresDependencies) =>
  async ({ since }: ServiceFailuresRequest): Promise<MessageInitShape<typeof ServiceFailuresResponseSchema>> => {
    const { browse, clock, held, registry } = dependencies;
    const from = clock.now() - sinceOf(since, { mostMs: longestMs });
    const groups = new Map<string, Group>();
    const note = (view: RequestView) => {
      if ((view.state === 'failed' || view.state === 'held') && view.updatedAt >= from)
        add(groups, view, laneOf(dependencies, view));
    };
    const { scanned, lookedBackTo } = await browse.ended(from, note);
    for (const requestId of held) {
      const view = registry.view(requestId);
      if (view !== undefined) note(view);
    }
    return {
      groups: [...groups].sort(([, a], [, b]) => b.count - a.count).map(([code, group]) => groupOf(code, group)),
      scanned: scanned + held.size,
      lookedBackTo: moment(lookedBackTo ?? from),
    };
  };

function add(groups: Map<string, Group>, view: FailedView, lane: string | undefined): void {
  const { failure, updatedAt } = view;
  const group = groups.get(failure.code) ?? {
    count: 0,
    held: 0,
    firstAt: updatedAt,
    lastAt: updatedAt,
    samples: [],
    lanes: new Tally<string>(),
    programs: new Tally<string>(),
  };
  groups.set(failure.code, group);
  group.count += 1;
  if (view.state === 'held') group.held += 1;
  group.firstAt = Math.min(group.firstAt, updatedAt);
  group.lastAt = Math.max(group.lastAt, updatedAt);
  group.samples.push(view);
  group.samples.sort((a, b) => b.updatedAt - a.updatedAt).splice(mostSamples);
  if (lane !== undefined) group.lanes.add(lane);
  group.programs.add(vkHashOf(view));
}

/** Where its last stage ran. */
const laneOf = ({ browse }: ListFailuresDependencies, view: FailedView): string | undefined =>
  browse.history(view, view.seq, 1)[0]?.entry.lane;

function groupOf(code: string, group: Group): MessageInitShape<typeof FailureGroupSchema> {
  const { count, held, firstAt, lastAt, samples, lanes, programs } = group;
  const [newest] = samples;
  const [ofLanes, ofPrograms] = [sharesOf(lanes), sharesOf(programs)];
  return {
    code,
    sentence: newest === undefined ? '' : problemOf(newest.failure).sentence,
    count,
    held,
    first: moment(firstAt),
    last: moment(lastAt),
    sampleIds: samples.map(({ request }) => request.requestId),
    lanes: ofLanes.slice(0, mostShares),
    lanesTotal: ofLanes.length,
    programs: ofPrograms.slice(0, mostShares),
    programsTotal: ofPrograms.length,
  };
}

const sharesOf = (tally: Tally<string>) =>
  [...tally.entries()].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count);
