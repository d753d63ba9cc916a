// gRPC over the streams of Node's HTTP/2 (grpc.io, "gRPC over HTTP2"): unary and server-streaming methods, no compression. It is our
// own because gRPC and artifacts share connections, and because whatever happens every answer must end with a status: SDK 6.10.0
// gives up for good on one that does not (docs/decisions/own-grpc-server.md).
import { randomUUID } from 'node:crypto';
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Clock } from '../../clock.js';
import { FailureError, failureFrom } from '../../errors.js';
import type { Log } from '../../log.js';
import { grpcStatusOf } from '../status.js';
import { ArrivedCall } from './arrivedCall.js';
import type { CallContext, Connection, Method } from './call.js';
import { code, type Status, StatusError } from './code.js';
import { ClientGone, framed, readMessage } from './message.js';

export interface GrpcServer {
  /** Answers one call. Never throws, and never leaves a stream without a status. */
  handle(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, connection: Connection): void;
  /** Refuses calls whose message has not arrived in time. Called now and then, so that a call costs no timer. */
  endSlowCalls(): void;
}

export interface GrpcServerParameters {
  readonly methods: readonly Method[];
  readonly clock: Clock;
  readonly log: Log;
  /** Largest message that is read, in bytes. */
  readonly limitBytes: number;
}

/** A message of a kilobyte that takes longer is not meant to arrive (ms). */
const arrivalMs = 20_000;

const head = { ':status': 200, 'content-type': 'application/grpc', 'grpc-accept-encoding': 'identity' } as const;
const success = { 'grpc-status': '0' } as const;

export const isGrpc = (headers: IncomingHttpHeaders): boolean =>
  /^application\/grpc(\+proto)?($|;)/.test(headers['content-type'] ?? '');

export function createGrpcServer({ methods, clock, log, limitBytes }: GrpcServerParameters): GrpcServer {
  const byPath = new Map(methods.map((method) => [method.path, method]));
  /** Calls whose message is not complete, by the time they began; in order. */
  const arriving = new Map<ServerHttp2Stream, number>();

  async function serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, connection: Connection): Promise<void> {
    if (connection.refusal !== undefined) throw new FailureError(connection.refusal);
    const method = methodOf(headers);
    const call = new ArrivedCall(stream, headers, connection, await arrived(stream), clock);
    try {
      if ('answer' in method) {
        const answer = method.answer(call);
        sendAnswer(stream, answer instanceof Promise ? await raced(answer, call.signal) : answer);
      } else await sendStream(stream, method, call);
    } finally {
      call.end();
    }
  }

  function methodOf(headers: IncomingHttpHeaders): Method {
    const method = headers[':method'] === 'POST' ? byPath.get(headers[':path'] ?? '') : undefined;
    if (method === undefined) {
      // A path may hold anything; only what looks like one of gRPC's is shown again.
      const path = /^\/[\w.]{1,100}\/\w{1,100}$/.test(headers[':path'] ?? '') ? headers[':path'] : 'This method';
      throw new StatusError({ code: code.unimplemented, details: `${path} is not served here.` });
    }
    const encoding = headers['grpc-encoding'] ?? 'identity';
    if (encoding !== 'identity')
      throw new StatusError({ code: code.unimplemented, details: 'Compressed messages are not read here.' });
    return method;
  }

  async function arrived(stream: ServerHttp2Stream): Promise<Uint8Array> {
    arriving.set(stream, clock.now());
    try {
      return await readMessage(stream, limitBytes);
    } finally {
      arriving.delete(stream);
    }
  }

  function statusOf(error: unknown, path: string | undefined): Status {
    if (error instanceof StatusError) return error.status;
    const failure = failureFrom(error, randomUUID());
    if (failure.code === 'INTERNAL')
      log.error({ event: 'rpc.failed', path, reference: failure.reference, err: error }, 'unexpected error in a call');
    else log.debug({ event: 'rpc.refused', path, code: failure.code }, 'call refused');
    return grpcStatusOf(failure);
  }

  return {
    handle(stream, headers, connection) {
      // A stream that its client has reset is an error to Node; whoever waits for it hears it by its end.
      stream.on('error', () => undefined);
      serve(stream, headers, connection).catch((error: unknown) => {
        if (!(error instanceof ClientGone)) endWith(stream, statusOf(error, headers[':path']));
      });
    },

    endSlowCalls() {
      const before = clock.now() - arrivalMs;
      for (const [stream, since] of arriving) {
        if (since > before) return;
        arriving.delete(stream);
        endWith(stream, { code: code.unavailable, details: 'The message did not arrive in time. Send it again.' });
      }
    },
  };
}

function sendAnswer(stream: ServerHttp2Stream, message: Uint8Array): void {
  if (stream.destroyed || stream.closed) return;
  stream.respond(head, { waitForTrailers: true, sendDate: false } as object);
  stream.once('wantTrailers', () => stream.sendTrailers(success));
  stream.end(framed(message));
}

async function sendStream(
  stream: ServerHttp2Stream,
  method: Extract<Method, { stream: unknown }>,
  call: CallContext,
): Promise<void> {
  await method.stream(call, (message) => {
    if (stream.destroyed || stream.closed) return;
    if (!stream.headersSent) stream.respond(head, { waitForTrailers: true, sendDate: false } as object);
    stream.write(framed(message));
  });
  endWith(stream, { code: code.ok, details: '' });
}

/** Ends a call with a status, whatever of it was sent before. */
function endWith(stream: ServerHttp2Stream, { code: number, details }: Status): void {
  if (stream.destroyed || stream.closed) return;
  const trailers = { 'grpc-status': `${number}`, ...(details !== '' && { 'grpc-message': percentEncoded(details) }) };
  if (stream.headersSent) {
    stream.once('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end();
    return;
  }
  stream.respond({ ...head, ...trailers }, { endStream: true, sendDate: false } as object);
  // What it still sends is not read. The answer is complete, so this is no error to it (RFC 9113, 8.1).
  if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
}

/** gRPC's encoding of `grpc-message`: printable ASCII without `%` as it is, the rest of its UTF-8 in percent. */
const percentEncoded = (text: string): string =>
  text.replace(/[^\x20-\x24\x26-\x7e]+/g, (part) =>
    [...Buffer.from(part)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );

/** The answer, unless the signal comes first: a client that has left, or whose time is over, is waited for no longer. */
function raced<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
