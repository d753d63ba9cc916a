// What a method of the wire sees of a call, and what it is to the server: bytes in, bytes out. Nothing here is particular to
// a transport.
import type { IncomingHttpHeaders } from 'node:http';
import type { Peer } from '../connection.js';
import type { Reached } from '../origin/reached.js';

export interface CallContext {
  readonly peer: Peer;
  /** Distinguishes old SDKs from new ones (`tonic/0.12` up to 6.9.0, `tonic/0.14` from 6.10.0); empty when absent. */
  readonly userAgent: string;
  /** The client has sent a limit of its own (`grpc-timeout`). The SDK does not send its 60 s. */
  readonly hasTimeLimit: boolean;
  /** The request exactly as received: signatures cover slices of it. */
  readonly raw: Uint8Array;
  /** By which origin the client reached us, for URLs that it can come back to. */
  readonly reached: Reached;
  /** The `authorization` header as sent. Never logged. */
  readonly authorization: string | undefined;
  /** All of them as sent. Never logged. */
  readonly headers: IncomingHttpHeaders;
  /** Aborted when the client goes away before it is answered, or its own time limit is over. */
  readonly signal: AbortSignal;
}

/** One request, one answer. What it throws becomes a status. */
export interface UnaryMethod {
  /** `/package.Service/Method` */
  readonly path: string;
  answer(call: CallContext): Uint8Array | Promise<Uint8Array>;
}

/**
 * One request, many answers. They are pulled: the next one is asked for when the client has room for it, so that a client which does not
 * read costs 16 KiB and one message, however much there would be to say. A message of up to 48 KiB keeps that below 64 KiB. What it
 * throws becomes a status, after whatever was sent. When the client has gone, or its time is over, nothing more is asked for. A stream
 * that waits for something must end its wait by `call.signal`.
 */
export interface StreamMethod {
  readonly path: string;
  stream(call: CallContext): AsyncIterable<Uint8Array>;
}

export type Method = UnaryMethod | StreamMethod;

/** Hears how calls end. */
export interface WatchCalls {
  /** What `ended` is given again. */
  begun(): number;
  /** `code`: of gRPC. 1: its client went away before. */
  ended(path: string, code: number, begun: number): void;
  /** The code of the failure that a call is refused with. */
  refused(code: string): void;
}
