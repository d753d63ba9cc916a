// gRPC over the streams of Node's HTTP/2 (grpc.io, "gRPC over HTTP2"): unary and server-streaming methods, no compression. It is our
// own because gRPC and artifacts share connections, and because whatever happens every answer must end with a status: SDK 6.10.0
// gives up for good on one that does not (docs/decisions/own-grpc-server.md).
import { randomUUID } from 'node:crypto';
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Clock } from '../../clock.js';
import { FailureError, fail, failureFrom } from '../../errors.js';
import type { Log } from '../../log.js';
import type { Connection } from '../connection.js';
import { grpcStatusOf } from '../status.js';
import { leaveUnread } from '../unread.js';
import { ArrivedCall } from './arrivedCall.js';
import type { CallContext, Method } from './call.js';
import { code, type Status, StatusError } from './code.js';
import { ClientGone, framed, readMessage } from './message.js';

export interface GrpcServer {
  /** Answers one call. Never throws, and never leaves a stream without a status. */
  handle(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, connection: Connection): void;
  /** Ends calls whose message does not arrive, or whose answer is not taken. Called now and then, so that a call costs no timer. */
  endSlowCalls(): void;
  /** Answers what is open with DRAINING: a call that is cut without a status ends an SDK's wait. */
  endCalls(): void;
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
/** An answer of a kilobyte that is not taken for so long is not wanted (ms). */
const departureMs = 60_000;
/** Calls whose message is not whole yet: with a message of at most 16 KiB each, 64 MiB. Wrong if honest calls are told to come back. */
const mostArriving = 4_096;

/** Where a call is, and since when. */
interface Call {
  phase: 'arriving' | 'answering' | 'leaving';
  since: number;
}

const head = { ':status': 200, 'content-type': 'application/grpc', 'grpc-accept-encoding': 'identity' } as const;
const success = { 'grpc-status': '0' } as const;
const late: Status = { code: code.unavailable, details: 'The message did not arrive in time. Send it again.' };
const busy: Status = { code: code.unavailable, details: 'Too many calls arrive at once. Try again.' };

export const isGrpc = (headers: IncomingHttpHeaders): boolean =>
  /^application\/grpc(\+proto)?($|;)/.test(headers['content-type'] ?? '');

export function createGrpcServer({ methods, clock, log, limitBytes }: GrpcServerParameters): GrpcServer {
  const byPath = new Map(methods.map((method) => [method.path, method]));
  /** Every call whose stream is open. */
  const calls = new Map<ServerHttp2Stream, Call>();
  let arriving = 0;

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
    if (arriving >= mostArriving) throw new StatusError(busy);
    arriving += 1;
    try {
      return await readMessage(stream, limitBytes);
    } finally {
      arriving -= 1;
      enter(stream, 'answering');
    }
  }

  function enter(stream: ServerHttp2Stream, phase: Call['phase']): void {
    const call = calls.get(stream);
    if (call === undefined) return;
    call.phase = phase;
    call.since = clock.now();
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
      calls.set(stream, { phase: 'arriving', since: clock.now() });
      stream.once('close', () => calls.delete(stream));
      serve(stream, headers, connection)
        .catch((error: unknown) => {
          if (!(error instanceof ClientGone)) endWith(stream, statusOf(error, headers[':path']));
        })
        .finally(() => enter(stream, 'leaving'));
    },

    endSlowCalls() {
      const now = clock.now();
      for (const [stream, { phase, since }] of calls) {
        if (phase === 'arriving' && now - since > arrivalMs) endWith(stream, late);
        else if (phase === 'leaving' && now - since > departureMs) stream.close(constants.NGHTTP2_CANCEL);
      }
    },

    endCalls() {
      const draining = grpcStatusOf(fail('DRAINING'));
      for (const [stream, { phase }] of calls) if (phase !== 'leaving') endWith(stream, draining);
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
  leaveUnread(stream);
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
