// gRPC over the streams of Node's HTTP/2 (grpc.io, "gRPC over HTTP2"): unary and server-streaming methods, no compression. It is our
// own because gRPC and artifacts share connections, and because whatever happens every answer must end with a status: SDK 6.10.0
// gives up for good on one that does not (docs/decisions/own-grpc-server.md).
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Readable } from 'node:stream';
import type { Clock } from '../../clock.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { failureFrom } from '../../failures/failureFrom.js';
import type { Log } from '../../log.js';
import { type Random, systemRandom, uuidOf } from '../../random.js';
import type { BodyReceiver } from '../../sealedBodies/bodyReceiver.js';
import { OpenedBody } from '../../sealedBodies/openedBody.js';
import type { Annotations, Annotator } from '../annotate.js';
import type { Connection } from '../connection.js';
import { endWith, sendAnswer, sendMessages } from './answers.js';
import { ArrivedCall } from './arrivedCall.js';
import type { Method, WatchCalls } from './call.js';
import { code, type Status, StatusError } from './code.js';
import { grpcFormOf, isServed } from './contentType.js';
import { grpcStatusOf } from './failureStatus.js';
import { ClientGone, prefixBytes, readMessage } from './message.js';
import { raced } from './raced.js';
import { answerKeyUnknown, SealedAnswer } from './sealedCall.js';

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
  readonly annotator?: Annotator | undefined;
  /** Undefined: bodies come in clear. */
  readonly receiver?: BodyReceiver | undefined;
  readonly watch?: WatchCalls | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Largest message that is read, in bytes. */
  readonly limitBytes: number;
  /** Names what is in the log for a client that was told of an unexpected error. */
  readonly random?: Random;
}

/** A message of a kilobyte that takes longer is not meant to arrive (ms). */
const arrivalMs = 20_000;
/** An answer of a kilobyte that is not taken for this long is not wanted (ms). */
const departureMs = 60_000;
/** Calls whose message is not whole yet: with a message of at most 16 KiB each, 64 MiB. Wrong if honest calls are refused. */
const mostArriving = 4_096;

/** Where a call is, and since when. */
interface Call {
  /** What its answer is written to. */
  stream: ServerHttp2Stream | SealedAnswer;
  phase: 'arriving' | 'answering' | 'leaving';
  since: number;
  /** To its initial metadata, when it is known already. */
  added: Annotations | undefined;
}

/** gRPC's code for a call that its client has given up. */
const clientGone = 1;

const late: Status = { code: code.unavailable, details: 'The message did not arrive in time. Send it again.' };
const busy: Status = { code: code.unavailable, details: 'Too many calls arrive at once. Try again.' };

export function createGrpcServer(parameters: GrpcServerParameters): GrpcServer {
  const { methods, annotator, receiver, watch, clock, log, limitBytes, random = systemRandom } = parameters;
  const byPath = new Map(methods.map((method) => [method.path, method]));
  /** Every call whose stream is open. */
  const calls = new Map<ServerHttp2Stream, Call>();
  let arriving = 0;

  async function serve(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    connection: Connection,
    entry: Call,
  ): Promise<void> {
    if (annotator !== undefined) await annotate(annotator, stream, headers, connection, entry);
    if (connection.refusal !== undefined) throw new FailureError(connection.refusal);
    const body = receiver === undefined ? stream : await opened(receiver, stream, headers, entry);
    const method = methodOf(byPath, headers);
    const call = new ArrivedCall(stream, headers, connection, await arrived(body, entry), clock);
    try {
      if ('answer' in method) {
        const answer = method.answer(call);
        const message = answer instanceof Promise ? await withinLimit(answer, call) : answer;
        if (stream.destroyed || stream.closed) throw new ClientGone('the client went away');
        sendAnswer(entry.stream, message, entry.added);
      } else {
        await sendMessages(entry.stream, method, call, entry.added);
        endWith(entry.stream, { code: code.ok, details: '' }, entry.added);
      }
    } finally {
      call.end();
    }
  }

  /** Never rejects. */
  async function attend(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    connection: Connection,
    entry: Call,
  ): Promise<void> {
    const begun = watch?.begun() ?? 0;
    let ended: number = code.ok;
    try {
      await serve(stream, headers, connection, entry);
    } catch (error) {
      ended = error instanceof ClientGone ? clientGone : refuse(entry, error, headers);
    }
    enter(entry, 'leaving');
    watch?.ended(headers[':path'] ?? '', ended, begun);
  }

  /** Before the message is read: nothing is done for a call whose answer cannot have what it must. */
  async function annotate(
    annotator: Annotator,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    connection: Connection,
    entry: Call,
  ): Promise<void> {
    const outcome = await annotator(headers, connection);
    if (stream.destroyed || stream.closed) throw new ClientGone('the client went away');
    if (outcome.ok) entry.added = outcome.value;
    // It is in the log already.
    else if (connection.refusal === undefined) throw new StatusError(grpcStatusOf(outcome.failure));
  }

  /** The body in plaintext. From then on whatever is answered is sealed, when the body was. */
  async function opened(
    from: BodyReceiver,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    entry: Call,
  ): Promise<Readable> {
    const request = { method: headers[':method'] ?? '', path: headers[':path'] ?? '', headers };
    const sealed = await from.receive(request);
    if (sealed === undefined) return stream;
    entry.stream = new SealedAnswer(stream, sealed);
    const mostFrameBytes = prefixBytes + limitBytes;
    return new OpenedBody({ source: stream, open: sealed.open, mostFrameBytes }).on('error', () => undefined);
  }

  async function arrived(body: Readable, entry: Call): Promise<Uint8Array> {
    if (arriving >= mostArriving) throw new StatusError(busy);
    arriving += 1;
    try {
      return await readMessage(body, limitBytes);
    } finally {
      arriving -= 1;
      enter(entry, 'answering');
    }
  }

  function enter(call: Call, phase: Call['phase']): void {
    call.phase = phase;
    call.since = clock.steady();
  }

  function statusOf(error: unknown, path: string | undefined): Status {
    if (error instanceof StatusError) return error.status;
    const failure = failureFrom(error, uuidOf(random));
    watch?.refused(failure.code);
    if (failure.code === 'INTERNAL')
      log.error({ event: 'rpc.failed', path, reference: failure.reference, err: error }, 'unexpected error in a call');
    else log.debug({ event: 'rpc.refused', path, code: failure.code }, 'call refused');
    return grpcStatusOf(failure);
  }

  /** Answers the code of its status. */
  function refuse({ stream, added }: Call, error: unknown, headers: IncomingHttpHeaders): number {
    const status = statusOf(error, headers[':path']);
    if (error instanceof FailureError && error.failure.code === 'BODY_KEY_UNKNOWN' && !(stream instanceof SealedAnswer))
      answerKeyUnknown(stream, error.failure, added);
    else endWith(stream, status, added, grpcFormOf(headers['content-type']));
    return status.code;
  }

  return {
    handle(stream, headers, connection) {
      // A stream that its client has reset is an error to Node. What waits for the stream sees it end.
      stream.on('error', () => undefined);
      const entry: Call = { stream, phase: 'arriving', since: clock.steady(), added: undefined };
      calls.set(stream, entry);
      stream.once('close', () => calls.delete(stream));
      void attend(stream, headers, connection, entry);
    },

    endSlowCalls() {
      const now = clock.steady();
      for (const [arrivedBy, { stream, phase, since, added }] of calls) {
        if (phase === 'arriving' && now - since > arrivalMs) endWith(stream, late, added);
        else if (phase === 'leaving' && now - since > departureMs) arrivedBy.close(constants.NGHTTP2_CANCEL);
      }
    },

    endCalls() {
      const draining = grpcStatusOf(fail('DRAINING'));
      for (const { stream, phase, added } of calls.values()) if (phase !== 'leaving') endWith(stream, draining, added);
    },
  };
}

/**
 * The answer, no later than the call's own time limit. A handler that waits for long hears by the call's signal that its client has gone: to
 * make a signal costs more than most calls, so none is made for those that do not ask.
 */
const withinLimit = (answer: Promise<Uint8Array>, call: ArrivedCall): Promise<Uint8Array> =>
  call.hasTimeLimit ? raced(answer, call.signal) : answer;

/** Throws a StatusError for what is not served. */
function methodOf(byPath: ReadonlyMap<string, Method>, headers: IncomingHttpHeaders): Method {
  if (!isServed(headers['content-type'])) {
    const details = 'Only gRPC itself is served here: content-type application/grpc, by HTTP/2.';
    throw new StatusError({ code: code.unimplemented, details });
  }
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
