// Hands exchanges on to an upstream and its answers back: bodies as they are, streamed, at the pace of whoever takes them. Calls of gRPC end
// with a status in any case, and a body that breaks off is never a shorter answer.
import type { Clock } from '../clock.js';
import type { Failure } from '../failures/catalog.js';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import { failureFrom } from '../failures/failureFrom.js';
import { malformed } from '../failures/malformed.js';
import type { Log } from '../log.js';
import { type Random, randomHex } from '../random.js';
import { code, StatusError } from '../transport/grpc/code.js';
import { type GrpcForm, grpcFormOf } from '../transport/grpc/contentType.js';
import { needsHttp2 } from '../transport/grpc/overHttp1.js';
import { parseTimeout } from '../transport/grpc/timeout.js';
import type { Exchange, Routes } from '../transport/http/exchange.js';
import { endingAsItIs, endingWithStatus } from './answerCall.js';
import { boundedBody } from './boundedBody.js';
import { hasPassed, passedHeaders, passedRequestHeaders, withVia } from './passedHeaders.js';
import { refuseCall, refuseRelayed } from './refuseRelayed.js';
import type { Ask, RelayedAnswer, RelayedRequest } from './upstream.js';

/**
 * What stands between a client and the upstream: asks for the request, or for another in its place, and answers what came of it, or something
 * else. Headers that a relay must drop are gone from the request already, and go from the answer afterwards. A FailureError is the answer.
 */
export type Through = (
  request: RelayedRequest,
  ask: (request: RelayedRequest) => Promise<RelayedAnswer>,
  exchange: Exchange,
) => Promise<RelayedAnswer>;

export interface RelayParameters {
  readonly ask: Ask;
  readonly through: Through;
  /** In `via`, so that a request which comes back is known. A token of HTTP, different in each relay. */
  readonly name: string;
  /** Of a request (bytes). */
  readonly bodyLimitBytes: number;
  /** The longest time that an exchange may take. */
  readonly deadlineMs: number;
  /** Exchanges at once. */
  readonly most: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface Relay {
  /** Answers everything. */
  readonly routes: Routes;
  /** Ends what is under way: a call gets the status of a stop. */
  endCalls(): void;
}

/** The client has left: there is no one to answer. */
const clientLeft = new Error('the client has left');

export function createRelay(parameters: RelayParameters): Relay {
  const { ask, through, name, bodyLimitBytes, deadlineMs, most, clock, random, log } = parameters;
  const underWay = new Set<AbortController>();

  function admit(exchange: Exchange, form: GrpcForm | undefined): void {
    const { refusal, target, method, protocol, headers } = exchange;
    if (refusal !== undefined) throw new FailureError(refusal);
    if (!target.startsWith('/') && !(method === 'OPTIONS' && target === '*'))
      throw malformed('request target', 'it is not a path');
    if (form === 'grpc' && protocol === 'http1') throw new StatusError(needsHttp2);
    if (hasPassed(headers, name)) throw new FailureError(fail('RELAY_LOOP'));
    if (underWay.size >= most) throw new FailureError(fail('RELAY_BUSY', { limit: most }));
  }

  /** Aborted when the exchange must end. Returns what forgets it. */
  function bound(exchange: Exchange, ended: AbortController, form: GrpcForm | undefined): () => void {
    const leave = () => ended.abort(clientLeft);
    const timeoutMs = form === undefined ? undefined : parseTimeout(exchange.headers['grpc-timeout']);
    const cancels = [
      clock.wakeIn(deadlineMs, () => ended.abort(new FailureError(fail('RELAY_DEADLINE', { limitMs: deadlineMs })))),
      timeoutMs === undefined ? () => {} : clock.wakeIn(timeoutMs, () => ended.abort(new StatusError(late))),
    ];
    if (exchange.signal.aborted) leave();
    exchange.signal.addEventListener('abort', leave, { once: true });
    underWay.add(ended);
    return () => {
      for (const cancel of cancels) cancel();
      exchange.signal.removeEventListener('abort', leave);
      underWay.delete(ended);
    };
  }

  async function pass(exchange: Exchange, form: GrpcForm | undefined): Promise<void> {
    admit(exchange, form);
    const { protocol, method, target, headers } = exchange;
    const ended = new AbortController();
    const { signal } = ended;
    const forget = bound(exchange, ended, form);
    let isOver = false;
    try {
      const request: RelayedRequest = {
        protocol,
        method,
        target,
        authority: headers[':authority']?.toString() ?? headers.host ?? '',
        headers: withVia(passedRequestHeaders(headers, protocol), name),
        body: boundedBody(exchange, bodyLimitBytes),
      };
      const inform: Parameters<Ask>[1]['inform'] = (status, fields) => exchange.inform(status, passedHeaders(fields));
      const given = await through(request, (asked) => ask(asked, { signal, inform }), exchange);
      const answer = form === 'grpc' && given.status === 200 ? endingWithStatus(given) : endingAsItIs(given);
      const { body } = answer;
      const { body: source } = given;
      if (source !== undefined)
        signal.addEventListener('abort', () => source.destroy(signal.reason as Error), { once: true });
      await exchange.answer({
        status: answer.status,
        headers: passedHeaders(answer.headers),
        ...(body !== undefined && { body, trailers: (reason) => passedHeaders(answer.trailers(reason)) }),
      });
      log.debug({ event: 'relay.answered', ...factsOf(exchange), status: answer.status }, 'passed on and answered');
      isOver = request.body === undefined || request.body.readableEnded;
    } finally {
      forget();
      // What is still open between us and the upstream has no reader any more. Most exchanges leave nothing open.
      if (!isOver) ended.abort(clientLeft);
    }
  }

  function refuse(exchange: Exchange, form: GrpcForm | undefined, thrown: unknown): Promise<void> | undefined {
    if (thrown === clientLeft || exchange.signal.aborted) {
      log.debug({ event: 'relay.gone', ...factsOf(exchange) }, 'the client went away');
      return undefined;
    }
    if (thrown instanceof StatusError && form !== undefined) return refuseCall(exchange, form, thrown.status);
    const failure = failureFrom(thrown, randomHex(random, 8));
    tell(exchange, failure, thrown);
    return refuseRelayed(exchange, form, failure);
  }

  function tell(exchange: Exchange, failure: Failure, thrown: unknown): void {
    const facts = { ...factsOf(exchange), code: failure.code };
    if (failure.code === 'INTERNAL') {
      const { reference } = failure;
      log.error({ event: 'relay.failed', ...facts, reference, err: thrown }, 'unexpected error in an exchange');
    } else if (failure.code === 'UPSTREAM_BROKEN' || failure.code === 'UPSTREAM_UNREACHABLE')
      log.warn({ event: 'relay.upstream', ...facts, problem: failure.problem }, 'the upstream gave no answer');
    else log.debug({ event: 'relay.refused', ...facts }, 'refused');
  }

  return {
    async routes(exchange) {
      const form = grpcFormOf(exchange.headers['content-type']);
      try {
        await pass(exchange, form);
      } catch (thrown) {
        // An answer that has begun is broken off already, and takes no other in its place.
        await refuse(exchange, form, thrown)?.catch(() => undefined);
      }
    },

    endCalls() {
      const reason = new FailureError(fail('DRAINING'));
      for (const ended of underWay) ended.abort(reason);
    },
  };
}

const late = { code: code.deadlineExceeded, details: "The call's own time limit is over." };

/** Without the query, which may be a right to do something. */
const factsOf = ({ method, target }: Exchange) => ({ method, path: target.split('?', 1)[0]?.slice(0, 200) });
