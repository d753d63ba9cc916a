// How a call's answer goes out on its stream: one message, many, or a status alone.
import type { ServerHttp2Stream } from 'node:http2';
import type { Annotations } from '../annotate.js';
import { leaveUnread } from '../leaveUnread.js';
import type { CallContext, StreamMethod } from './call.js';
import type { Status } from './code.js';
import type { GrpcForm } from './contentType.js';
import { framed } from './message.js';
import { raced } from './raced.js';
import { type AnswerStream, SealedAnswer } from './sealedCall.js';
import { statusAlone, trailersOf } from './statusAlone.js';

const head = { ':status': 200, 'content-type': 'application/grpc', 'grpc-accept-encoding': 'identity' } as const;
const success = { 'grpc-status': '0' } as const;

/** The date is of no use to gRPC, and Node's types do not know the option. */
const begin = (stream: AnswerStream, added: Annotations | undefined): void =>
  stream.respond(added === undefined ? head : { ...head, ...added }, {
    waitForTrailers: true,
    sendDate: false,
  });

export function sendAnswer(stream: AnswerStream, message: Uint8Array, added: Annotations | undefined): void {
  if (stream.destroyed || stream.closed) return;
  begin(stream, added);
  stream.once('wantTrailers', () => stream.sendTrailers(success));
  stream.end(framed(message));
}

/** Resolves when all messages have been written. Rejects with what the method throws, or with the reason of the call's signal. */
export async function sendMessages(
  stream: AnswerStream,
  method: StreamMethod,
  call: CallContext,
  added: Annotations | undefined,
): Promise<void> {
  const messages = method.stream(call)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await raced(messages.next(), call.signal);
      if (next.done) return;
      if (!stream.headersSent) begin(stream, added);
      if (!stream.write(framed(next.value))) await raced(drained(stream), call.signal);
    }
  } finally {
    // Not awaited: it may be in a wait of its own, which ends with the call's signal.
    messages.return?.().then(undefined, () => undefined);
  }
}

const drained = (stream: AnswerStream) => new Promise<void>((resolve) => stream.once('drain', () => resolve()));

/** Ends a call with a status, whatever of it was sent before. */
export function endWith(
  stream: ServerHttp2Stream | SealedAnswer,
  status: Status,
  added: Annotations | undefined,
  form: GrpcForm = 'grpc',
): void {
  if (stream.destroyed || stream.closed) return;
  const answer: AnswerStream = stream;
  // A status alone has no body that could be sealed, so that anybody could have made it: an empty one goes with it.
  if (stream instanceof SealedAnswer && !stream.headersSent) begin(answer, added);
  if (answer.headersSent) {
    answer.once('wantTrailers', () => answer.sendTrailers(trailersOf(status)));
    answer.end();
    return;
  }
  const { headers, body } = statusAlone(form, status);
  const isEnd = body.byteLength === 0;
  answer.respond({ ...head, ...headers, ...added }, { endStream: isEnd, sendDate: false });
  if (!isEnd) answer.end(body);
  if (!(stream instanceof SealedAnswer)) leaveUnread(stream);
}
