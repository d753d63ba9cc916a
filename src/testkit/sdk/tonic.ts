// gRPC as tonic speaks it, on bare HTTP/2: its headers and no others, a new connection for each call where old SDKs made one, and
// its judgement of what comes back.
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';

/** gRPC's numbers by what tonic calls them; those that a service answers, and those that tonic makes of a broken connection. */
export const code = {
  ok: 0,
  unknown: 2,
  invalidArgument: 3,
  notFound: 5,
  permissionDenied: 7,
  failedPrecondition: 9,
  aborted: 10,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const;

export class TonicStatus extends Error {
  override readonly name = 'TonicStatus';
  constructor(
    readonly code: number,
    readonly detail: string,
  ) {
    super(`status ${code}: ${detail}`);
  }
}

export interface Tonic {
  /** The answer's message. Rejects with TonicStatus. */
  call(path: string, message: Uint8Array): Promise<Uint8Array>;
  /** Sends a call whole and cuts the connection before its answer is read. */
  lose(path: string, message: Uint8Array): Promise<void>;
  close(): void;
}

/** `shared`: one connection for all calls, opened again when it was lost. `ca`: whom it trusts by https, as PEM. */
export function openTonic(
  url: string,
  { userAgent, shared, ca }: { userAgent: string; shared: boolean; ca?: string | undefined },
): Tonic {
  const trust = ca === undefined ? {} : { ca };

  let kept: ClientHttp2Session | undefined;

  function session(): ClientHttp2Session {
    if (kept !== undefined && !kept.closed && !kept.destroyed) return kept;
    const opened = connect(url, trust);
    // Each stream reports it too.
    opened.on('error', () => undefined);
    if (shared) kept = opened;
    return opened;
  }

  return {
    async call(path, message) {
      const used = session();
      try {
        return await exchange(used, { path, userAgent, message });
      } finally {
        if (!shared) used.close();
      }
    },
    async lose(path, message) {
      const session = connect(url, trust);
      session.on('error', () => undefined);
      const stream = session.request(headersOf(path, userAgent));
      stream.on('error', () => undefined);
      await new Promise<void>((resolve) => stream.end(frameOf(message), () => resolve()));
      session.destroy();
    },
    close: () => kept?.close(),
  };
}

interface Exchange {
  readonly path: string;
  readonly userAgent: string;
  readonly message: Uint8Array;
}

function exchange(session: ClientHttp2Session, { path, userAgent, message }: Exchange): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headersOf(path, userAgent));
    const chunks: Buffer[] = [];
    let trailers: IncomingHttpHeaders = {};
    stream.on('response', (headers) => {
      if ('grpc-status' in headers) trailers = headers;
    });
    stream.on('trailers', (headers) => {
      trailers = headers;
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', (error) => reject(new TonicStatus(code.unavailable, `transport error: ${error.message}`)));
    stream.on('close', () => {
      const status = trailers['grpc-status'];
      // Since tonic 0.14 an answer without a status is an error that ends the call, and right to be.
      if (status === undefined) return reject(new TonicStatus(code.unknown, 'missing grpc-status trailer'));
      const detail = decodeURIComponent(`${trailers['grpc-message'] ?? ''}`);
      if (Number(status) !== code.ok) return reject(new TonicStatus(Number(status), detail));
      const frame = Buffer.concat(chunks);
      if (frame.length < 5 || frame[0] !== 0 || frame.readUInt32BE(1) !== frame.length - 5) {
        return reject(new TonicStatus(code.unknown, 'not one uncompressed message'));
      }
      resolve(new Uint8Array(frame.subarray(5)));
    });
    stream.end(frameOf(message));
  });
}

const headersOf = (path: string, userAgent: string) => ({
  [constants.HTTP2_HEADER_METHOD]: 'POST',
  [constants.HTTP2_HEADER_PATH]: path,
  te: 'trailers',
  'content-type': 'application/grpc',
  'user-agent': userAgent,
});

function frameOf(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([head, message]);
}
