// Refuses a client that came without TLS, in the protocol that it speaks. Only what has already come of its request is read: others may
// have seen and changed it.
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../clock.js';
import type { Failure } from '../../failures/catalog.js';
import { fail } from '../../failures/fail.js';
import { httpStatusOf } from '../../failures/httpStatus.js';
import type { Annotator } from '../annotate.js';
import type { Connection } from '../connection.js';
import { grpcFormOf } from '../grpc/contentType.js';
import { grpcStatusOf } from '../grpc/failureStatus.js';
import { statusAlone } from '../grpc/statusAlone.js';
import { errorBody } from '../http/errorBody.js';
import { annotatedBytes, type RawAnswer } from '../http/rawAnswer.js';

/** How long what a refused client still sends is read and thrown away, so that it sees the answer and not a reset (ms). */
const lingerMs = 5_000;

/** A head of ours has under 1 KiB (bytes). */
const shownBytes = 8 * 1024;

export const tlsRequired: Failure = fail('TLS_REQUIRED');

export function refusePlaintext(
  socket: Socket,
  connection: Connection,
  { annotator, clock }: { readonly annotator: Annotator | undefined; readonly clock: Clock },
): void {
  const start = (socket.read() as Buffer | null) ?? Buffer.alloc(0);
  // All known clients send the head of a request in one piece.
  const [head = ''] = start.toString('latin1', 0, shownBytes).split('\r\n\r\n', 1);
  const headers = headersIn(head);
  socket.resume();
  annotatedBytes(refusalFor(headers), annotator, { headers, connection }, (bytes) => {
    if (socket.destroyed) return;
    const cancel = clock.wakeIn(lingerMs, () => socket.destroy());
    socket.once('close', cancel);
    socket.end(bytes);
  });
}

function refusalFor(headers: IncomingHttpHeaders): RawAnswer {
  const form = grpcFormOf(headers['content-type']);
  if (form !== undefined) return { status: '200 OK', ...statusAlone(form, grpcStatusOf(tlsRequired)) };
  const body = Buffer.from(`${JSON.stringify(errorBody(tlsRequired))}\n`);
  return { status: `${httpStatusOf(tlsRequired)} Forbidden`, headers: { 'content-type': 'application/json' }, body };
}

/** As Node gives them where a request is served: lower case, and several of one name as one. */
function headersIn(head: string): IncomingHttpHeaders {
  const headers: Record<string, string> = Object.create(null);
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}
