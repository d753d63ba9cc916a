// Makes an Exchange of a request to Node's HTTP/1.1 server, and lets go of a connection so that its client still reads the answer.
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../clock.js';
import { connectionOf } from '../connection.js';
import { pump } from '../pump.js';
import { type Answer, type Exchange, type HeaderFields, parseTarget } from './exchange.js';

/** How long a refused upload is read and thrown away, so that its client sees the answer and not a reset (ms). */
const lingerMs = 5_000;

export function http1Exchange(request: IncomingMessage, response: ServerResponse, clock: Clock): Exchange {
  const target = parseTarget(request.url ?? '');
  const { socket } = request;
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  // An upload that breaks off is an error of its stream, and only its reader needs to see it.
  request.on('error', () => undefined);
  return {
    protocol: 'http1',
    method: request.method ?? '',
    target: request.url ?? '',
    path: target?.pathname,
    query: target?.searchParams ?? new URLSearchParams(),
    headers: request.headers,
    connection: connectionOf(socket),
    body: request,
    hasBody: hasBody(request),
    isBodyWhole: () => request.complete,
    signal: gone.signal,
    receivedBytes: () => socket.bytesRead,
    sentBytes: () => socket.bytesWritten,
    // The system's own windows are large enough, and grow by themselves.
    expectMuch: () => undefined,
    inform: (status, headers) => sendEarlyHints(response, status, headers),
    answer: (answer) => send(answer, request, response, clock),
  };
}

async function send(
  { status, headers = {}, body, trailers }: Answer,
  request: IncomingMessage,
  response: ServerResponse,
  clock: Clock,
) {
  if (response.destroyed) throw new Error('the client is gone');
  // Node calls a request without a body complete only after it has been answered, when that happens at once.
  const isBodyUnread = !request.complete && hasBody(request);
  const given = headers as OutgoingHttpHeaders;
  response.writeHead(status, isBodyUnread ? { ...given, connection: 'close' } : given);
  if (body instanceof Readable) {
    // An answer without a length may be silent for long, as events are. Its head goes out at once.
    if (headers['content-length'] === undefined) response.flushHeaders();
    return trailers === undefined ? pipeline(body, response) : sendWithTrailers(body, trailers, response);
  }
  if (!isBodyUnread) {
    await new Promise<void>((resolve) => response.end(body, resolve));
    return;
  }
  // Closing while bytes still arrive resets the connection, and the client may lose the answer with it. `end` would close, so it waits
  // until the client has stopped sending.
  response.write(body ?? '');
  await throwAway(request, clock);
  response.end();
}

async function sendWithTrailers(
  body: Readable,
  trailers: NonNullable<Answer['trailers']>,
  response: ServerResponse,
): Promise<void> {
  try {
    await pump(body, response);
    response.addTrailers(trailers() as OutgoingHttpHeaders);
  } catch (error) {
    response.destroy(error as Error);
    throw error;
  }
  await new Promise<void>((resolve, reject) => {
    response.once('close', () => reject(new Error('the client is gone')));
    response.end(resolve);
  });
}

/** Node writes no other interim answer than these, and no client waits for one. */
function sendEarlyHints(response: ServerResponse, status: number, headers: HeaderFields): void {
  if (status !== 103 || response.headersSent || headers['link'] === undefined || response.req.httpVersionMinor === 0)
    return;
  try {
    response.writeEarlyHints(headers as Record<string, string | string[]>);
  } catch {
    // Links that Node does not take are nothing that an answer depends on.
  }
}

const hasBody = ({ headers }: IncomingMessage) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

function throwAway(request: IncomingMessage, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.wakeIn(lingerMs, () => done());
    const done = () => {
      cancel();
      request.off('end', done).off('close', done);
      resolve();
    };
    request.once('end', done).once('close', done);
    request.resume();
  });
}
