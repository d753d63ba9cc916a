// What a method of the wire sees of a call, and what it is to the server: bytes in, bytes out. Nothing here is particular to
// a transport.
import type { Peer } from '../connection.js';

/** Who calls, as far as the call itself tells. */
export interface Caller {
  readonly peer: Peer;
  /** Tells old SDKs from new ones (`tonic/0.12` up to 6.9.0, `tonic/0.14` from 6.10.0); empty when absent. */
  readonly userAgent: string;
  /** Whom a proxy in front names as its client (`x-forwarded-for`, as sent): good for telling clients apart, and no proof of anything. */
  readonly forwardedFor: string | undefined;
  /** The client has told us a limit of its own (`grpc-timeout`). The SDK's 60 s are not told. */
  readonly hasTimeLimit: boolean;
}

export interface CallContext extends Caller {
  /** The request exactly as received: signatures cover slices of it. */
  readonly raw: Uint8Array;
  /** Where the client reached us, for example `http://127.0.0.1:8080`: what it may be told to come back to. */
  readonly origin: string;
  /** The `authorization` header as sent. Never logged. */
  readonly authorization: string | undefined;
  /** Aborted when the client goes away before it is answered, or its own time limit is over. */
  readonly signal: AbortSignal;
}

/** One request, one answer. What it throws becomes a status. */
export interface UnaryMethod {
  /** `/package.Service/Method` */
  readonly path: string;
  answer(call: CallContext): Uint8Array | Promise<Uint8Array>;
}

/** One request, many answers. Resolves when there are no more; what it rejects with becomes a status, after whatever was sent. */
export interface StreamMethod {
  readonly path: string;
  stream(call: CallContext, send: (message: Uint8Array) => void): Promise<void>;
}

export type Method = UnaryMethod | StreamMethod;
