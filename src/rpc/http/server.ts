// The HTTP/1.1 side of the one port. It does not listen; `front/front.ts` hands it its connections.
import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../clock.js';
import { fail } from '../../errors.js';
import { errorBody } from './failureStatus.js';
import { http1Exchange } from './http1.js';
import type { Routes } from './routes.js';

const serverOptions = {
  /** Request line and headers together; ours have under 1 KiB (bytes). */
  maxHeaderSize: 8 * 1024,
  /** From the first byte of a request to the end of its headers (ms). */
  headersTimeout: 20_000,
  /** Above the 60 s after which common load balancers close, so that it is never us who close under a request of theirs (ms). */
  keepAliveTimeout: 75_000,
  /** Uploads are ended when they make no progress (`progress.ts`), not when they take long. */
  requestTimeout: 0,
  connectionsCheckingInterval: 5_000,
  noDelay: true,
};
const maxHeadersCount = 64;

export function createHttpServer({ routes, clock }: { routes: Routes; clock: Clock }): Server {
  const server = createServer(
    serverOptions,
    (request, response) => void routes(http1Exchange(request, response, clock)),
  );
  server.maxHeadersCount = maxHeadersCount;
  server.on('clientError', refuseUnreadable);
  return server;
}

/** Bytes that are no HTTP request: a short answer where one can still be sent. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  const status =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request';
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const failure = fail('MALFORMED_REQUEST', { field: 'HTTP request', problem: 'it cannot be read' });
  const body = `${JSON.stringify(errorBody(failure))}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
