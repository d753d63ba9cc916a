// What a method of the wire sees of a call, and what it is to the server: bytes in, bytes out. Nothing here is particular to
// a transport.

/** The other end of the connection that a call came by. */
export interface Peer {
  /** IP address as the system writes it. Behind a proxy it is the proxy's. */
  readonly address: string;
  /** With the address it names the connection: older SDKs open a new one for each call, newer ones share one. */
  readonly port: number;
  /** SHA-256 fingerprint of the client certificate (hex, lower case), when one was shown and its chain was verified. */
  readonly certificate: string | undefined;
}

export interface CallContext {
  /** The request exactly as received: signatures cover slices of it. */
  readonly raw: Uint8Array;
  /** Where the client reached us, for example `http://127.0.0.1:8080`: what it may be told to come back to. */
  readonly origin: string;
  /** Tells old SDKs from new ones (`tonic/0.12` up to 6.9.0, `tonic/0.14` from 6.10.0); empty when absent. */
  readonly userAgent: string;
  /** The `authorization` header as sent. Never logged. */
  readonly authorization: string | undefined;
  readonly peer: Peer;
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
