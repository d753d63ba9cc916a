// The changes of a request as they happen, until its last state.
import type { RequestId } from '../ids.js';
import type { CallParameters, Context } from './context.js';
import { progress, type RequestProgress } from './progress.js';
import { joinSignals, sleep } from './sleep.js';
import { isFinal, type RequestStatus, status } from './status.js';

/** `detail` is there when the service tells more than SP1's wire can say. */
export type RequestUpdate = RequestStatus & { readonly detail?: RequestProgress };

export interface WatchParameters extends CallParameters {
  /** Between two questions. Default 1 s: the SDK asks every 2 s, a person likes to see more. */
  readonly pollMs?: number;
}

const defaultPollMs = 1_000;
/** The least budget of one question, also when the deadline is near: a service that restarts needs a moment. */
const leastBudgetMs = 10_000;

/** A service that has not told more three times in a row is another kind, and is not asked again. */
const mostMisses = 3;

/**
 * Yields the present status at once and then each change of state or progress; ends after the final one. A service that is away
 * is waited for until the request's deadline. Throws REFUSED, UNREACHABLE, ANSWER_MALFORMED or ABORTED.
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
      const found = await status(context, requestId, { signal: joined.signal, ...budget });
      // Asked after the status, so that it is never behind it; the last state needs it for the reason of a failure.
      const detail = misses < mostMisses ? await progress(context, requestId, joined.signal) : undefined;
      misses = detail === undefined ? misses + 1 : 0;
      const update: RequestUpdate = detail === undefined ? found : { ...found, detail };
      const seen = JSON.stringify({ ...update, detail: detail && { ...detail, elapsedMs: 0 } });
      if (seen !== shown) yield update;
      if (isFinal(found)) return;
      shown = seen;
      budget = { budgetMs: Math.max(leastBudgetMs, found.deadlineAt - context.clock.now()) };
      await sleep(context.clock, pollMs, joined.signal);
    }
  } finally {
    joined.leave();
  }
}
