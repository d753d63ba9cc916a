// Answers for every open request what it waits for, from the lanes, the lines and the requests as they are at the moment of the question.
import type { Clock } from '../../clock.js';
import type { Stage } from '../../engines/jobs.js';
import type { Failure } from '../../failures/catalog.js';
import type { RequestId } from '../../ids.js';
import type { LaneReport, Scheduling, WaitingWork } from '../../lanes/scheduling.js';
import type { Reason, ReasonCode } from '../../machines/reasons/reason.js';
import { maxFaults } from '../../machines/request/rules.js';
import { isTerminal, type RequestView } from '../../machines/request/view.js';
import type { Orders } from '../../operations/orders.js';
import type { Admission } from '../admission.js';
import { lanesInTheWay } from './lanesInTheWay.js';
import type { UsualTimes } from './usualTimes.js';

export interface WhyParameters {
  readonly viewOf: (requestId: RequestId) => RequestView | undefined;
  readonly setAside: Pick<ReadonlyMap<RequestId, string>, 'has'>;
  readonly admission: Pick<Admission, 'placeOf' | 'isWaiting' | 'inside' | 'window'>;
  readonly scheduling: Pick<Scheduling, 'laneReports' | 'line' | 'refusal' | 'awaited'>;
  /** What keeps a stage from reading or writing, and since when (running time). */
  readonly obstacles: ReadonlyMap<RequestId, Obstacle>;
  readonly usual: Pick<UsualTimes, 'of'>;
  readonly orders: Pick<Orders, 'of'>;
  /** Why no key signs now. Undefined: one does. */
  readonly unsigned: () => string | undefined;
  /** The failure of its last transition. */
  readonly lastFailure: (view: RequestView) => Failure | undefined;
  readonly clock: Pick<Clock, 'now' | 'steady'>;
}

export type ObstacleCode = 'DISK_FULL' | 'BUCKET_UNAVAILABLE';

export interface Obstacle {
  readonly code: ObstacleCode;
  readonly since: number;
}

/** Answers about one moment, for as many requests as one likes. */
export interface Look {
  /** Most weighty first. At least one for an open request, and none for one that has ended. The first is cheap. */
  reasonsOf(view: RequestView): Iterable<Reason>;
  /** The code of the first of them. Its figures may cost a look through a line of ten thousand, and a row needs none. */
  codeOf(view: RequestView): ReasonCode | undefined;
}

/** More than so many times what is usual is too long. */
const silentTimes = 3;
/** And for so long: where milliseconds are usual, a second is nothing to get up for. */
const leastSilentMs = 60_000;
/** Fewer say too little to call anything unusual. */
const leastSamples = 3;

const silentAfterMs = (usualMs: number) => Math.max(leastSilentMs, silentTimes * usualMs);

const stages = { executing: 'execute', proving: 'prove', verifying: 'verify' } as const;

export function createWhy(parameters: WhyParameters): () => Look {
  const { viewOf, setAside, admission, scheduling, obstacles, usual, orders, clock } = parameters;

  return () => {
    const lanes = scheduling.laneReports();
    const lines = new Map<Stage, readonly WaitingWork[]>();
    const lineOf = (stage: Stage): readonly WaitingWork[] => {
      const line = lines.get(stage) ?? scheduling.line(stage);
      lines.set(stage, line);
      return line;
    };
    const places = new Map<readonly unknown[], Map<RequestId, number>>();
    /** Of each request in a line: a list of rows asks for many of them. */
    function placeIn<T>(line: readonly T[], idOf: (each: T) => RequestId, id: RequestId): number | undefined {
      const known = places.get(line) ?? new Map(line.map((each, index) => [idOf(each), index]));
      places.set(line, known);
      return known.get(id);
    }

    function* reasonsOf(view: RequestView): Generator<Reason, undefined> {
      if (isTerminal(view)) return;
      const { requestId } = view.request;
      if (setAside.has(requestId)) yield { code: 'QUARANTINED' };
      const obstacle = obstacles.get(requestId);
      if (obstacle !== undefined) yield { code: obstacle.code, forMs: clock.steady() - obstacle.since };
      if (view.state === 'held') yield { code: 'HELD', failure: view.failure, untilAt: view.untilAt };
      else if (view.state === 'requested') yield* untilAdmitted(requestId);
      else if (!('phase' in view)) yield { code: 'MOVING' };
      else if (view.phase === 'backingOff') yield* untilRetried(view);
      else if (view.state === 'signing') yield signing(view);
      else if (view.phase === 'running') yield* onLane(view, stages[view.state]);
      else yield* untilGranted(view, stages[view.state]);
    }

    function* untilAdmitted(requestId: RequestId): Generator<Reason, undefined> {
      const place = admission.placeOf(requestId);
      // It has been admitted, and that is not on disk yet.
      if (place === undefined) return void (yield { code: 'MOVING' });
      const { inside, window } = admission;
      const { ahead, aheadOfOwn, others } = place;
      yield { code: 'ADMISSION_WINDOW', inside, window, ahead };
      if (ahead > 0) yield { code: 'TURN_OF_OTHERS', ahead, aheadOfOwn, requesters: others };
    }

    function* untilRetried(view: RequestView): Generator<Reason, undefined> {
      const last = parameters.lastFailure(view);
      const { retryAt = null, faults = 0 } = 'retryAt' in view ? view : {};
      if (last?.code === 'DISK_FULL') yield { code: 'DISK_FULL', forMs: Math.max(0, clock.now() - view.updatedAt) };
      yield { code: 'BACKING_OFF', untilAt: retryAt ?? view.updatedAt, faults, mostFaults: maxFaults, last };
    }

    function signing(view: RequestView): Reason {
      const why = parameters.unsigned();
      if (why !== undefined) return { code: 'SIGNER_ABSENT', why };
      return { code: 'RUNNING', stage: 'sign', lane: undefined, forMs: sinceMs(view), usualMs: undefined };
    }

    const sinceMs = (view: RequestView) => Math.max(0, clock.now() - view.updatedAt);

    function* onLane(view: RequestView, stage: Stage): Generator<Reason, undefined> {
      const { requestId } = view.request;
      const lane = lanes.find(({ current }) => current?.requestId === requestId);
      const forMs = lane?.current?.forMs ?? sinceMs(view);
      const known = usual.of(view);
      const usualMs = known?.ms;
      if (lane?.current !== undefined && lane.current.missingBytes > 0)
        yield { code: 'MEMORY_SHORT', lane: lane.id, missingBytes: lane.current.missingBytes };
      else if (lane !== undefined && !lane.warm)
        yield { code: 'LANE_COLD', lane: lane.id, forMs, loading: lane.current?.progress?.stage };
      else if (known !== undefined && known.samples >= leastSamples && forMs > silentAfterMs(known.ms))
        yield { code: 'SILENT', stage, lane: lane?.id, forMs, usualMs: known.ms };
      else yield { code: 'RUNNING', stage, lane: lane?.id, forMs, usualMs };
    }

    function* untilGranted(view: RequestView, stage: Stage): Generator<Reason, undefined> {
      const { requestId, mode } = view.request;
      const pause = orders.of('dispatch');
      if (pause !== undefined) yield { code: 'DISPATCH_PAUSED', by: pause.by, sinceAt: pause.at, why: pause.reason };
      const line = lineOf(stage);
      const ahead = placeIn(line, (work) => work.requestId, requestId);
      const kind = ahead === undefined ? undefined : line[ahead]?.kind;
      // Its input is being brought, or a lane has it and that is not on disk yet.
      if (ahead === undefined || kind === undefined) return void (yield { code: 'MOVING' });
      const able = lanes.filter((lane) => lane.stage === stage && lane.serves.includes(kind));
      if (able.length === 0)
        yield { code: 'NO_LANE_FOR_MODE', mode, why: scheduling.refusal(mode) ?? scheduling.awaited(stage) };
      yield* lanesInTheWay(able, freeInMs, (id) => orders.of(`lane.${id}`));
      yield* turnOfOthers(
        requestId,
        line.slice(0, ahead).map((work) => work.requestId),
      );
      const mayTake = (lane: LaneReport) => lane.state === 'ready' && orders.of(`lane.${lane.id}`) === undefined;
      if (pause === undefined && able.some(mayTake)) yield { code: 'MOVING' };
    }

    /** Undefined where nothing is known of its job's program. */
    function freeInMs({ current }: LaneReport): number | undefined {
      const view = current && viewOf(current.requestId);
      const known = view && usual.of(view);
      return current && known && Math.max(0, known.ms - current.forMs);
    }

    function* turnOfOthers(requestId: RequestId, before: readonly RequestId[]): Generator<Reason, undefined> {
      if (before.length === 0) return;
      const own = viewOf(requestId)?.request.requester;
      const requesters = before.map((id) => viewOf(id)?.request.requester);
      const others = new Set(requesters.filter((each) => each !== own));
      const aheadOfOwn = requesters.filter((each) => each === own).length;
      yield { code: 'TURN_OF_OTHERS', ahead: before.length, aheadOfOwn, requesters: others.size };
    }

    function codeOf(view: RequestView): ReasonCode | undefined {
      const { requestId } = view.request;
      if (view.state === 'requested' && !setAside.has(requestId) && !obstacles.has(requestId))
        return admission.isWaiting(requestId) ? 'ADMISSION_WINDOW' : 'MOVING';
      for (const { code } of reasonsOf(view)) return code;
      return undefined;
    }

    return { reasonsOf, codeOf };
  };
}
