// The HTTP/1.1 side of the one port. It does not listen; `front/front.ts` hands it its connections.
import { createServer, type Server } from 'node:http';
import type { Clock } from '../../clock.js';
import { http1Exchange } from './http1Exchange.js';
import type { Routes } from './routes.js';
import { refuseUnreadable } from './unreadable.js';

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
  server.on('checkContinue', (request, response) => {
    // The second of two requests at once has no connection yet, and Node would say this in the middle of its answer. It is optional
    // (RFC 9110, 10.1.1).
    if (response.socket !== null) response.writeContinue();
    server.emit('request', request, response);
  });
  refuseUnreadable(server);
  return server;
}
