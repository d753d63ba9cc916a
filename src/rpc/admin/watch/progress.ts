// How far the requests are that run on a lane: the latest of each, when it has changed. It is in memory only, and has no number.
import type { LaneId, RequestId } from '../../../ids.js';
import type { RequestView } from '../../../machines/request/view.js';
import type { AdminDependencies } from '../dependencies.js';
import { progressOf } from '../rowOf.js';
import { moment } from '../spans.js';
import type { EventMessage } from './events.js';

/** Answers what has changed since it was asked last. Remembers a line for each lane. */
export function createProgress(
  { scheduling, registry, clock }: Pick<AdminDependencies, 'scheduling' | 'registry' | 'clock'>,
  isMeant: (view: RequestView) => boolean,
): () => EventMessage[] {
  const told = new Map<LaneId, string>();
  const messageOf = (id: RequestId, progress: Parameters<typeof progressOf>[0]): EventMessage => ({
    at: moment(clock.now()),
    event: { case: 'progress', value: { id, progress: progressOf(progress) } },
  });
  return () =>
    scheduling.laneReports().flatMap(({ id: laneId, current }) => {
      const view = current && registry.view(current.requestId);
      if (current?.progress === undefined || view === undefined || !isMeant(view)) return [];
      const { requestId, progress } = current;
      const line = [requestId, progress.stage, progress.done, progress.total, progress.cycles].join();
      if (told.get(laneId) === line) return [];
      told.set(laneId, line);
      return [messageOf(requestId, progress)];
    });
}
