// What a relay asks, and how it reaches whom it asks.
import type { ClientHttp2Session } from 'node:http2';
import type { Duplex, Readable } from 'node:stream';
import type { HeaderFields } from '../transport/http/exchange.js';

export type Protocol = 'http1' | 'http2';

export interface RelayedRequest {
  /** By which its client came: the upstream is asked by the same. */
  readonly protocol: Protocol;
  readonly method: string;
  /** The request target as it was sent. */
  readonly target: string;
  /** `host[:port]` by the client's own words. */
  readonly authority: string;
  /** Names in lower case. */
  readonly headers: HeaderFields;
  /** Undefined: it ends with its head. */
  readonly body: Readable | undefined;
}

export interface RelayedAnswer {
  readonly status: number;
  /** Pseudo headers of HTTP/2 may be among them. */
  readonly headers: HeaderFields;
  readonly body: Readable | undefined;
  /** To be asked for when the body has ended. Throws a FailureError when that was not its proper end. */
  trailers(): HeaderFields;
}

export interface AskParameters {
  /** Aborted: the exchange is given up, and its stream ends. */
  readonly signal: AbortSignal;
  /** Called with interim answers. */
  readonly inform: (status: number, headers: HeaderFields) => void;
}

/** Rejects with a FailureError, or with the reason of the signal. */
export type Ask = (request: RelayedRequest, parameters: AskParameters) => Promise<RelayedAnswer>;

export interface Upstream {
  readonly ask: Ask;
  /** Ends all connections. */
  close(): void;
}

/**
 * Opens one connection on which this protocol can be spoken at once: TLS is done, and the key is checked where there is one to check. Of
 * HTTP/2 it may be a session already, where the check itself has needed one.
 * Rejects with a FailureError, which is final, or with an error of the system, after which it is tried again.
 */
export type Connect = (protocol: Protocol, signal: AbortSignal) => Promise<Duplex | ClientHttp2Session>;
