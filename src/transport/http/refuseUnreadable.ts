// Answers bytes that are no HTTP/1.1 request in their turn: the requests before them are answered first, and nothing is ever put into
// the middle of an answer.
import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { fail } from '../../failures/fail.js';
import type { Annotator } from '../annotate.js';
import { connectionOf } from '../connection.js';
import { errorBody } from './errorBody.js';
import { annotatedBytes } from './rawAnswer.js';

export function refuseUnreadable(server: Server, annotator: Annotator | undefined): void {
  const underWay = new WeakMap<Duplex, Set<ServerResponse>>();
  /** What follows an answer that is under way. */
  const next = new WeakMap<ServerResponse, () => void>();
  /** Node reports each further piece of a connection that has become unreadable. */
  const seen = new WeakSet<Duplex>();

  server.on('request', ({ socket }, response) => {
    const answers = underWay.get(socket) ?? new Set();
    underWay.set(socket, answers.add(response));
    // One listener: a proof that is being sent has nine already, and Node warns of more than ten.
    response.once('close', () => {
      answers.delete(response);
      next.get(response)?.();
    });
  });

  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (seen.has(socket)) return;
    seen.add(socket);
    const answers = [...(underWay.get(socket) ?? [])];
    // A request that has arrived whole has nothing to do with it. One that has not is what cannot be read.
    const last = answers.findLast(({ req }) => req.complete);
    if (last !== undefined) next.set(last, () => refuse(error.code, socket, annotator));
    else if (answers.some(({ headersSent }) => headersSent)) socket.destroy();
    else refuse(error.code, socket, annotator);
  });
}

/** An upload whose client has ended before it was whole is worth another try, as one whose connection breaks is. */
const isIncomplete = (code: string | undefined) =>
  code === 'ERR_HTTP_REQUEST_TIMEOUT' || code === 'HPE_INVALID_EOF_STATE';

const statusOf = (code: string | undefined) => {
  if (code === 'HPE_HEADER_OVERFLOW') return '431 Request Header Fields Too Large';
  return isIncomplete(code) ? '408 Request Timeout' : '400 Bad Request';
};

/** A short answer, where one can still be sent. */
function refuse(code: string | undefined, socket: Duplex, annotator: Annotator | undefined): void {
  if (!socket.writable || code === 'ECONNRESET') return void socket.destroy();
  const problem = isIncomplete(code) ? 'it is not complete' : 'it cannot be read';
  const body = `${JSON.stringify(errorBody(fail('MALFORMED_REQUEST', { field: 'HTTP request', problem })))}\n`;
  const headers = { 'content-type': 'application/json' };
  const answer = { status: statusOf(code), headers, body: Buffer.from(body) };
  annotatedBytes(answer, annotator, { headers: {}, connection: connectionOf(socket) }, (bytes) =>
    socket.end(bytes, () => socket.destroy()),
  );
}
