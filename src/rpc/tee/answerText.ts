// The routes of Automata's sp1-tee-prover answer in text: an id, or a sentence that says why not.
import { failureFrom } from '../../failures/failureFrom.js';
import { httpStatusOf } from '../../failures/httpStatus.js';
import { sentenceOf } from '../../failures/sentenceOf.js';
import type { Exchange } from '../../transport/http/exchange.js';
import type { Route } from '../../transport/http/routes.js';

export function answerText(exchange: Exchange, status: number, text: string): Promise<void> {
  const body = Buffer.from(text);
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': body.byteLength,
    'cache-control': 'no-store',
  };
  return exchange.answer({ status, headers, body });
}

/** A route whose refusals are sentences. What is a fault of ours goes the way of all routes, and gets a reference to the log. */
export const inText = (route: Route): Route => ({
  ...route,
  async answer(exchange, part) {
    try {
      await route.answer(exchange, part);
    } catch (thrown) {
      const failure = failureFrom(thrown, '');
      if (failure.code === 'INTERNAL' || exchange.signal.aborted) throw thrown;
      await answerText(exchange, httpStatusOf(failure), sentenceOf(failure));
    }
  },
});
