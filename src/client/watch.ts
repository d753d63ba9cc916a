// The changes of a request as they happen, until its last state.
import type { RequestId } from '../ids.js';
import type { CallParameters, Context } from './context.js';
import { progress, type RequestProgress } from './progress.js';
import { joinSignals, sleep } from './sleep.js';
import { isFinal, type RequestStatus, status } from './status.js';

/** `detail` is there when the service says more than SP1's wire can. */
export type RequestUpdate = RequestStatus & { readonly detail?: RequestProgress };

export interface WatchParameters extends CallParameters {
  /** Between two questions. Default 1 s: the SDK asks every 2 s, a person likes to see more. */
  readonly pollMs?: number;
}

const defaultPollMs = 1_000;
/** The least budget of one question, also when the deadline is near: a service that restarts needs a moment. */
const minBudgetMs = 10_000;

/** A service that has given no detail three times in a row is of another kind, and is not asked for it again. */
const maxMisses = 3;

/**
 * Yields the present status at once and then each change of state or progress. Ends after the final one. A service that is away
 * is waited for until the request's deadline. Throws REFUSED, UNREACHABLE, ANSWER_MALFORMED or ABORTED.
 * @internal
 */
export async function* watch(
  context: Context,
  requestId: RequestId,
  { signal, pollMs = defaultPollMs }: WatchParameters = {},
): AsyncGenerator<RequestUpdate, void, void> {
  const joined = joinSignals([signal]);
  let shown = '';
  let misses = 0;
  let budget: { budgetMs?: number } = {};
  try {
    for (;;) {
      const answered = await status(context, requestId, { signal: joined.signal, ...budget });
      // Asked after the status, so that it is never behind it. The last state needs it for the reason of a failure.
      const detail = misses < maxMisses ? await progress(context, requestId, joined.signal) : undefined;
      misses = detail === undefined ? misses + 1 : 0;
      const found = byServiceClock(answered, detail);
      const update: RequestUpdate = detail === undefined ? found : { ...found, detail };
      const seen = JSON.stringify({ ...update, detail: detail && { ...detail, elapsedMs: 0 } });
      if (seen !== shown) yield update;
      if (isFinal(found)) return;
      shown = seen;
      budget = { budgetMs: Math.max(minBudgetMs, found.deadlineAt - context.clock.now()) };
      await sleep(context.clock, pollMs, joined.signal);
    }
  } finally {
    joined.leave();
  }
}

/**
 * Like the SDK, we read off our own clock whether time has run out, and that clock may have been set while we waited. A service that
 * gives detail knows better: it has ended the request, or has not.
 */
function byServiceClock(answered: RequestStatus, detail: RequestProgress | undefined): RequestStatus {
  const { requestId, deadlineAt } = answered;
  if (detail?.state === 'expired' && !isFinal(answered)) return { requestId, deadlineAt, state: 'timedOut' };
  if (answered.state !== 'timedOut' || detail === undefined) return answered;
  if (detail.state === 'requested' || detail.state === 'executing')
    return { requestId, deadlineAt, state: detail.state };
  const isOpen = detail.state === 'proving' || detail.state === 'verifying';
  return isOpen ? { requestId, deadlineAt, state: 'proving' } : answered;
}
