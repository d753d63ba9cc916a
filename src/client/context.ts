// What every verb of the client stands on: the connection, the signer, and the one way to try again.
import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { type Clock, holdingClock } from '../clock.js';
import { ClientError, clientError } from './errors.js';
import { type Retry, retry, retryBudgetMs } from './retry.js';
import { createSigner, type Signer } from './signer.js';
import { joinSignals } from './sleep.js';
import { CallFailed, createTransport, type Transport } from './transport.js';

export interface ClientParameters {
  /** For example `http://127.0.0.1:8080`. */
  readonly url: string;
  /** 32 bytes of hex. Only calls that change something need it. */
  readonly privateKey?: string;
  /**
   * For services that ask for a bearer token: what they gave you, without the word Bearer. A function is asked at each attempt, so
   * that a token may be replaced while somebody waits for a proof. Goes to the service itself only, never to artifact URLs.
   */
  readonly token?: string | (() => string);
  /** Ends every call of this client. */
  readonly signal?: AbortSignal;
  /** Told before each wait for another attempt. */
  readonly onRetry?: (retry: Retry) => void;
  /** How long one operation goes on trying. Default: the SDK's 120 s. */
  readonly retryBudgetMs?: number;
  readonly clock?: Clock;
  /** 0 ≤ n < 1; spreads the waits between attempts. */
  readonly random?: () => number;
}

/** Of one call. */
export interface CallParameters {
  readonly signal?: AbortSignal;
}

/** A unary call that has been given its signal: one attempt. */
export type Call = <I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
) => Promise<MessageShape<O>>;

export interface Context {
  readonly url: URL;
  readonly clock: Clock;
  readonly transport: Transport;
  /** The headers by which the service knows who calls. Throws TOKEN_INVALID. */
  callerHeaders(): Readonly<Record<string, string>>;
  /** Throws KEY_MISSING. */
  signerFor(call: string): Signer;
  /**
   * Runs `operation` until it succeeds, fails for good or has used up the budget; all of it is done again each time.
   * Rejects with ClientError.
   */
  attempt<T>(
    call: string,
    options: CallParameters & { budgetMs?: number },
    operation: (call: Call, signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
}

/** Throws URL_INVALID or KEY_INVALID. */
export function createContext(parameters: ClientParameters): Context {
  const url = parseServiceUrl(parameters.url);
  const { clock = holdingClock, random = Math.random, onRetry = () => {} } = parameters;
  const signer = parameters.privateKey === undefined ? undefined : createSigner(parameters.privateKey);
  const callerHeaders = callerHeadersOf(parameters.token);
  const transport = createTransport(url, clock, callerHeaders);
  return {
    url,
    clock,
    transport,
    callerHeaders,
    signerFor(call) {
      if (signer === undefined) throw clientError('KEY_MISSING', { call });
      return signer;
    },
    async attempt(call, options, operation) {
      const { signal, leave } = joinSignals([parameters.signal, options.signal]);
      const budgetMs = options.budgetMs ?? parameters.retryBudgetMs ?? retryBudgetMs;
      try {
        return await retry(() => operation((method, request) => transport.call(method, request, signal), signal), {
          call,
          clock,
          random,
          budgetMs,
          signal,
          isTransient,
          onRetry,
        });
      } catch (error) {
        throw finalError(error, url);
      } finally {
        leave();
      }
    },
  };
}

function callerHeadersOf(token: ClientParameters['token']): () => Readonly<Record<string, string>> {
  return () => {
    if (token === undefined) return {};
    const text = typeof token === 'string' ? token : token();
    // Anything else would be another header, or none.
    if (!/^[\x21-\x7e]+$/.test(text)) throw clientError('TOKEN_INVALID');
    return { authorization: `Bearer ${text}` };
  };
}

function isTransient(error: unknown): boolean {
  if (error instanceof CallFailed) return error.transient;
  if (!(error instanceof ClientError)) return false;
  const { failure } = error;
  if (failure.code === 'TRANSFER_FAILED') return true;
  // The SDK looks for "timeout" in the reason phrase, and only these two say it.
  return failure.code === 'TRANSFER_REFUSED' && (failure.httpStatus === 408 || failure.httpStatus === 504);
}

function finalError(error: unknown, url: URL): unknown {
  if (!(error instanceof CallFailed)) return error;
  const { call, status, message } = error;
  if (error.lost) return clientError('UNREACHABLE', { url: url.origin, detail: message }, { cause: error });
  return clientError('REFUSED', { call, status, detail: message }, { cause: error });
}

function parseServiceUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    throw clientError('URL_INVALID', { url: text });
  }
  return url;
}
