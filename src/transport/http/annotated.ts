// The same routes, with a listener's additions in the head of every answer.
import type { Outcome } from '../../failures/outcome.js';
import type { Annotations, Annotator } from '../annotate.js';
import type { Exchange, Routes } from './exchange.js';

/** Without an annotator these are the routes as they are. */
export function annotated(routes: Routes, annotator: Annotator | undefined): Routes {
  if (annotator === undefined) return routes;
  return async (exchange) => {
    const made = annotator(exchange.headers, exchange.connection);
    const outcome = made instanceof Promise ? await made : made;
    // A client that has left meanwhile needs no answer.
    if (!exchange.signal.aborted) await routes(having(exchange, outcome));
  };
}

/** What cannot be annotated is refused, like what comes by a connection that is not served. */
function having(exchange: Exchange, outcome: Outcome<Annotations>): Exchange {
  if (!outcome.ok) return { ...exchange, refusal: exchange.refusal ?? outcome.failure };
  return {
    ...exchange,
    answer: (answer) => exchange.answer({ ...answer, headers: { ...answer.headers, ...outcome.value } }),
  };
}
