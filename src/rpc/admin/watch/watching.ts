// What a watcher has asked for, understood: where it begins, and which requests it is about.
import { fail } from '../../../failures/fail.js';
import { FailureError } from '../../../failures/failureError.js';
import type { Filter, RequestsWatchRequest } from '../../../gen/admin/v1/requests_pb.js';
import type { RequestView } from '../../../machines/request/view.js';
import type { Look } from '../../../requests/why/why.js';
import type { JournalEntry } from '../../../store/buckets.js';
import { matcherOf } from '../filter.js';

export interface Watching {
  /** Undefined: from now on. */
  readonly after: number | undefined;
  /** Whether a request is meant, whatever its state is. */
  readonly isMeant: (view: RequestView) => boolean;
  /** Whether a transition has to do with the states that are meant. */
  readonly concerns: (entry: Pick<JournalEntry, 'from' | 'to'>) => boolean;
  readonly progress: boolean;
  readonly coalesceMs: number;
}

const longestCoalesceMs = 2_000;

/** Reasons change with everybody's place in a line, and no event says so. */
export const noReasons: Look = { reasonsOf: () => [] };

/** `newest`: of the feed. Throws NOT_UNDERSTOOD, CURSOR_AHEAD. */
export function watchingOf(request: RequestsWatchRequest, newest: number): Watching {
  const { filter, afterFeed, progress, coalesceMs } = request;
  if (coalesceMs > longestCoalesceMs) throw notUnderstood('coalesce_ms', `it is at most ${longestCoalesceMs}`);
  if ((filter?.reasons.length ?? 0) > 0)
    throw notUnderstood('filter.reasons', 'reasons change without an event, list requests by them instead');
  if (afterFeed > BigInt(newest)) throw new FailureError(fail('CURSOR_AHEAD', { after: String(afterFeed), newest }));
  // Refuses words that nothing can match.
  matcherOf(filter, noReasons);
  return {
    after: afterFeed === 0n ? undefined : Number(afterFeed),
    isMeant: matcherOf(filter && { ...filter, states: [], phases: [] }, noReasons),
    concerns: ({ from, to }) => isAmong(filter, from) || isAmong(filter, to),
    progress,
    coalesceMs,
  };
}

/** Of a path such as `proving.running`. */
function isAmong(filter: Filter | undefined, path: string): boolean {
  if (filter === undefined) return true;
  const [state = '', phase = ''] = path.split('.');
  const { states, phases } = filter;
  return (states.length === 0 || states.includes(state)) && (phases.length === 0 || phases.includes(phase));
}

const notUnderstood = (field: string, problem: string) => new FailureError(fail('NOT_UNDERSTOOD', { field, problem }));
