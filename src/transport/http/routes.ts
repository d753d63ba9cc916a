// The routes of HTTP. Each module brings its own, and a listener serves the list that it is given.
import type { SteadyMs } from '../../clock.js';
import type { Failure } from '../../failures/catalog.js';
import { failureFrom } from '../../failures/failureFrom.js';
import { httpStatusOf } from '../../failures/httpStatus.js';
import { malformed } from '../../failures/malformed.js';
import type { Log } from '../../log.js';
import { type Random, systemRandom, uuidOf } from '../../random.js';
import { errorBody } from './errorBody.js';
import { answerJson, type Exchange, type Routes } from './exchange.js';

export interface Route {
  readonly methods: readonly string[];
  /** A whole path, or a pattern of one. A path that it does not match is tried with the next route. */
  readonly path: string | RegExp;
  /** `part`: what the first group of a pattern has matched, or empty. An error that it throws becomes an answer. */
  answer(exchange: Exchange, part: string): Promise<void>;
}

/** Hears of exchanges, to count them. Called for each: it must cost next to nothing. */
export interface WatchExchanges {
  /** An exchange has come. Answers the time, for its end. */
  begun(): SteadyMs;
  /** `route`: the one that has answered; undefined: none did. `status`: of the answer; undefined: there was nobody left to answer. */
  ended(route: Route | undefined, status: number | undefined, begunAt: SteadyMs): void;
}

/** For most reads: HEAD is asked for what GET would say. */
export const reads: readonly string[] = ['GET', 'HEAD'];

/** `otherwise` answers what no route matches. */
export function createRoutes({
  routes,
  otherwise,
  log,
  random = systemRandom,
  watch,
}: {
  routes: readonly Route[];
  otherwise: (exchange: Exchange) => Promise<void>;
  log: Log;
  /** Names what is in the log for a client that was told of an unexpected error. */
  random?: Random;
  watch?: WatchExchanges | undefined;
}): Routes {
  async function route(exchange: Exchange, onTaken: (route: Route) => void): Promise<void> {
    const { method, path } = exchange;
    if (path === undefined) throw malformed('request target', 'it is not a path');
    for (const each of routes) {
      if (!each.methods.includes(method)) continue;
      const part = partOf(each.path, path);
      if (part === undefined) continue;
      onTaken(each);
      return each.answer(exchange, part);
    }
    return otherwise(exchange);
  }

  /** `thrown`: an error that is no Failure of ours, for the log. */
  async function refuse(exchange: Exchange, failure: Failure, thrown?: unknown): Promise<void> {
    const facts = { method: exchange.method, path: exchange.path, code: failure.code };
    // A client that went away explains every error after it, and there is no one left to answer.
    if (exchange.signal.aborted) return log.debug({ event: 'http.gone', ...facts }, 'the client went away');
    if (failure.code === 'INTERNAL' && thrown !== undefined)
      log.error({ event: 'http.failed', ...facts, reference: failure.reference, err: thrown }, 'unexpected error');
    else log.debug({ event: 'http.refused', ...facts }, 'refused');
    await answerJson(exchange, httpStatusOf(failure), errorBody(failure)).catch((error: unknown) =>
      log.debug({ event: 'http.unanswered', ...facts, err: error }, 'the client went away before its answer'),
    );
  }

  async function serve(exchange: Exchange, onTaken: (route: Route) => void): Promise<void> {
    if (exchange.refusal !== undefined) return refuse(exchange, exchange.refusal);
    try {
      await route(exchange, onTaken);
    } catch (thrown) {
      await refuse(exchange, failureFrom(thrown, uuidOf(random)), thrown);
    }
  }

  if (watch === undefined) return (exchange) => serve(exchange, unheard);
  return async (exchange) => {
    const begunAt = watch.begun();
    let taken: Route | undefined;
    let status: number | undefined;
    const answer: Exchange['answer'] = (given) => {
      status ??= given.status;
      return exchange.answer(given);
    };
    await serve({ ...exchange, answer }, (route) => {
      taken = route;
    });
    watch.ended(taken, status, begunAt);
  };
}

const unheard = () => {};

/** Undefined when the path is another. */
const partOf = (wanted: string | RegExp, path: string): string | undefined => {
  if (typeof wanted === 'string') return path === wanted ? '' : undefined;
  const found = wanted.exec(path);
  return found === null ? undefined : (found[1] ?? '');
};
