// What every verb of the client stands on: the connection, the signer, and the one way to try again.
import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { Attestation } from '../attestation/attested/modes.js';
import { type Clock, holdingClock } from '../clock.js';
import type { ClientAttestation } from './attestation.js';
import type { AttestedParameters } from './attestedTransport.js';
import { ClientError, clientError } from './errors.js';
import { exchange, type Transfer } from './http.js';
import { type Environment, proxyFor } from './proxy.js';
import { type Retry, retry, retryBudgetMs } from './retry.js';
import { createSigner, type Signer } from './signer.js';
import { joinSignals } from './sleep.js';
import { CallFailed, createTransport, type Transport } from './transport.js';
import { isTlsProblem, unreachable } from './unreachable.js';

declare global {
  /** Node's and the browser's. In a program that is compiled with the types of neither it is a name, and not an error. */
  interface AbortSignal {}
}

export interface ClientParameters {
  /** For example `http://127.0.0.1:8080`. */
  readonly url: string;
  /** 32 bytes of hex. Only calls that change something need it. */
  readonly privateKey?: string;
  /**
   * For services that ask for a bearer token: what they gave you, without the word Bearer. A function is asked at each attempt, so
   * that a token may be replaced during a wait for a proof. It goes only to the service itself, never to artifact URLs.
   */
  readonly token?: string | (() => string);
  /** What is asked of the service before anything is sent to it. Default: nothing. */
  readonly attestation?: ClientAttestation;
  /** Ends every call of this client. */
  readonly signal?: AbortSignal;
  /** Called before each wait for another attempt. */
  readonly onRetry?: (retry: Retry) => void;
  /** How long one operation goes on trying. Default: the SDK's 120 s. */
  readonly retryBudgetMs?: number;
  readonly clock?: Clock;
  /** Where the variables for proxies are looked up. Default: that of the process. */
  readonly environment?: Environment;
  /** 0 ≤ n < 1; spreads the waits between attempts. */
  readonly random?: () => number;
}

/** Of one call. */
export interface CallParameters {
  readonly signal?: AbortSignal;
}

/** A unary call that has been given its signal: one attempt. @internal */
export type Call = <I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
) => Promise<MessageShape<O>>;

/** @internal */
export interface Context {
  readonly url: URL;
  readonly clock: Clock;
  readonly transport: Transport;
  /** For artifacts, and for what the service says beside its calls. */
  readonly transfer: Transfer;
  /** What is known of the service. Looks now, where it has to be looked at and was not yet. */
  attestation(signal: AbortSignal): Promise<Attestation>;
  /** The headers by which the service knows who calls. Throws TOKEN_INVALID. */
  callerHeaders(): Readonly<Record<string, string>>;
  /** Throws KEY_MISSING. */
  signerFor(call: string): Signer;
  /**
   * Runs `operation` until it succeeds, fails for good or has used up the budget. All of it is done again each time.
   * Rejects with ClientError.
   */
  attempt<T>(
    call: string,
    options: CallParameters & { budgetMs?: number },
    operation: (call: Call, signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
}

/** Throws URL_INVALID, KEY_INVALID or PROXY_INVALID. @internal */
export function createContext(parameters: ClientParameters): Context {
  const url = parseServiceUrl(parameters.url);
  const { clock = holdingClock, random = Math.random, onRetry = () => {}, environment = process.env } = parameters;
  const signer = parameters.privateKey === undefined ? undefined : createSigner(parameters.privateKey);
  const callerHeaders = callerHeadersOf(parameters.token);
  const way = { headersOf: callerHeaders, proxy: proxyFor(url, environment) };
  const { attestation } = parameters;
  const ways =
    attestation === undefined ? directWays(url, way, environment) : attestedWays(url, { attestation, ...way, clock });
  return {
    url,
    clock,
    ...ways,
    callerHeaders,
    signerFor(call) {
      if (signer === undefined) throw clientError('KEY_MISSING', { call });
      return signer;
    },
    async attempt(call, options, operation) {
      const { signal, leave } = joinSignals([parameters.signal, options.signal]);
      const budgetMs = options.budgetMs ?? parameters.retryBudgetMs ?? retryBudgetMs;
      try {
        return await retry(() => operation((method, request) => ways.transport.call(method, request, signal), signal), {
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

type Ways = Pick<Context, 'transport' | 'transfer' | 'attestation'>;
type Way = Parameters<typeof createTransport>[1];

const directWays = (url: URL, way: Way, environment: Environment): Ways => ({
  transport: createTransport(url, way),
  async transfer(method, to, of) {
    const response = await exchange(method, to, { ...of, proxyFor: (at) => proxyFor(at, environment) });
    return { httpStatus: response.statusCode ?? 0, body: response };
  },
  attestation: async () => ({ status: 'unchecked', level: 'none' }),
});

/** The verifier is loaded with the first call: most clients need none. */
function attestedWays(url: URL, of: AttestedParameters): Ways {
  let opened: ReturnType<typeof open> | undefined;
  const open = async () => (await import('./attestedTransport.js')).createAttestedTransport(url, of);
  const ways = () => {
    opened ??= open();
    return opened;
  };
  return {
    transport: {
      call: async (method, request, signal) => (await ways()).call(method, request, signal),
      close: () => void opened?.then(({ close }) => close()).catch(() => undefined),
    },
    transfer: async (...transfer) => (await ways()).transfer(...transfer),
    attestation: async (signal) => (await ways()).attestation(signal),
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
  if (error instanceof CallFailed) return error.transient && !(error.lost && isTlsProblem(error.message));
  if (!(error instanceof ClientError)) return false;
  const { failure } = error;
  if (failure.code === 'TRANSFER_FAILED') return true;
  // The SDK looks for "timeout" in the reason phrase, and only these two say it.
  return failure.code === 'TRANSFER_REFUSED' && (failure.httpStatus === 408 || failure.httpStatus === 504);
}

function finalError(error: unknown, url: URL): unknown {
  if (!(error instanceof CallFailed)) return error;
  const { call, status, message } = error;
  if (error.lost) return unreachable(url, message, error);
  return clientError('REFUSED', { call, status, detail: message }, { cause: error });
}

function parseServiceUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    throw clientError('URL_INVALID', { url: text });
  }
  return url;
}
