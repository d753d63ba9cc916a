// Makes an Exchange of a request to Node's HTTP/1.1 server, and lets go of a connection so that its client still reads the answer.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../../clock.js';
import { certificateOf } from '../connection.js';
import { type Answer, type Exchange, parseTarget } from './exchange.js';

/** How long a refused upload is read and thrown away, so that its client sees the answer and not a reset (ms). */
const lingerMs = 5_000;

export function http1Exchange(request: IncomingMessage, response: ServerResponse, clock: Clock): Exchange {
  const target = parseTarget(request.url ?? '');
  const { socket } = request;
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  // An upload that breaks off is an error of its stream; whoever reads it hears it, and nobody else needs to.
  request.on('error', () => undefined);
  return {
    method: request.method ?? '',
    path: target?.pathname,
    query: target?.searchParams ?? new URLSearchParams(),
    headers: request.headers,
    isEncrypted: socket instanceof TLSSocket,
    certificate: socket instanceof TLSSocket ? certificateOf(socket) : undefined,
    body: request,
    signal: gone.signal,
    receivedBytes: () => socket.bytesRead,
    sentBytes: () => socket.bytesWritten,
    // The system's own windows are large enough, and grow by themselves.
    expectMuch: () => undefined,
    answer: (answer) => send(answer, request, response, clock),
  };
}

async function send(
  { status, headers = {}, body }: Answer,
  request: IncomingMessage,
  response: ServerResponse,
  clock: Clock,
) {
  if (response.destroyed) throw new Error('the client is gone');
  // Node calls a request without a body complete only after it has been answered, when that happens at once.
  const isBodyUnread = !request.complete && hasBody(request);
  response.writeHead(status, isBodyUnread ? { ...headers, connection: 'close' } : headers);
  if (body instanceof Readable) return pipeline(body, response);
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

const hasBody = ({ headers }: IncomingMessage) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

function throwAway(request: IncomingMessage, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.wakeAt(clock.now() + lingerMs, () => done());
    const done = () => {
      cancel();
      request.off('end', done).off('close', done);
      resolve();
    };
    request.once('end', done).once('close', done);
    request.resume();
  });
}
