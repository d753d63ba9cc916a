// Makes an Exchange of a stream of an HTTP/2 session. The routes do not know which version they answer.
import type { Http2Session, IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Connection } from '../connection.js';
import { leaveUnread } from '../leaveUnread.js';
import { pump } from '../pump.js';
import { watchEnd } from '../watchEnd.js';
import { type Answer, type Exchange, parseTarget } from './exchange.js';

/**
 * What an upload may have under way (bytes). Node's 64 KiB let a client send one window a round trip: 3 MB/s over 20 ms. With this
 * it is 100 MB/s. It is a setting of the whole session, so other uploads of it that wait may fill theirs too (`front/http2Sessions.ts`
 * bounds their number).
 */
const streamWindowBytes = 2 * 1024 * 1024;
const sessionWindowBytes = 16 * 1024 * 1024;

/** Asked once each: a client answers a change of settings when it gets to it, and with more than ten unanswered Node ends the session. */
const widened = new WeakSet<Http2Session>();

export function http2Exchange(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  connection: Connection,
): Exchange {
  const { session } = stream;
  const socket = session?.socket;
  const gone = new AbortController();
  const target = parseTarget(headers[':path'] ?? '');
  const isWhole = stream.endAfterHeaders ? () => true : watchEnd(stream);
  // An upload that breaks off is an error of its stream, and only its reader needs to see it.
  stream.on('error', () => undefined);
  stream.once('close', () => {
    // Node ends the stream of a client that has gone, so that one without an answer counts as finished too.
    if (!stream.writableFinished || !stream.headersSent) gone.abort();
  });
  return {
    protocol: 'http2',
    method: headers[':method'] ?? '',
    target: headers[':path'] ?? '',
    path: target?.pathname,
    query: target?.searchParams ?? new URLSearchParams(),
    headers,
    connection,
    ...(connection.refusal && { refusal: connection.refusal }),
    body: stream,
    hasBody: !stream.endAfterHeaders,
    isBodyWhole: isWhole,
    signal: gone.signal,
    receivedBytes: () => socket?.bytesRead ?? 0,
    sentBytes: () => socket?.bytesWritten ?? 0,
    expectMuch() {
      if (session === undefined || session.destroyed || widened.has(session)) return;
      widened.add(session);
      session.settings({ initialWindowSize: streamWindowBytes });
      session.setLocalWindowSize(sessionWindowBytes);
    },
    inform(status, fields) {
      if (!stream.destroyed && !stream.closed && !stream.headersSent && status !== 101)
        stream.additionalHeaders({ ':status': status, ...(fields as OutgoingHttpHeaders) });
    },
    answer(answer) {
      // It may be over, and Node has not said so yet: a client that breaks the protocol right after its headers.
      if (stream.destroyed || stream.closed) gone.abort();
      return send(answer, stream, headers[':method'] === 'HEAD');
    },
  };
}

async function send(
  { status, headers = {}, body, trailers }: Answer,
  stream: ServerHttp2Stream,
  isHead: boolean,
): Promise<void> {
  if (stream.destroyed || stream.closed) throw new Error('the client is gone');
  const head = { ':status': status, ...(headers as OutgoingHttpHeaders) };
  if (body instanceof Readable && trailers !== undefined) {
    stream.respond(head, { waitForTrailers: true });
    await sendWithTrailers(body, trailers, stream);
  } else if (body instanceof Readable) {
    stream.respond(head);
    await pipeline(body, stream);
  } else if (body === undefined || isHead) {
    stream.respond(head, { endStream: true });
  } else {
    stream.respond(head);
    // Not closed before it is written: when a session breaks over a closed stream that has bytes left, Node 20 sends empty frames of
    // that stream for ever, and the process never comes back.
    await new Promise<void>((resolve) => stream.end(body, () => resolve()));
  }
  leaveUnread(stream);
}

async function sendWithTrailers(
  body: Readable,
  trailers: NonNullable<Answer['trailers']>,
  stream: ServerHttp2Stream,
): Promise<void> {
  let broken: unknown;
  await pump(body, stream).catch((error: unknown) => {
    broken = error;
  });
  if (stream.destroyed || stream.closed) throw new Error('the client is gone');
  let fields: OutgoingHttpHeaders;
  try {
    fields = trailers(broken) as OutgoingHttpHeaders;
  } catch (error) {
    stream.destroy(error as Error);
    throw error;
  }
  await new Promise<void>((resolve, reject) => {
    stream.once('close', () => reject(new Error('the client is gone')));
    stream.once('wantTrailers', () => {
      stream.sendTrailers(fields);
      resolve();
    });
    stream.end();
  });
}
