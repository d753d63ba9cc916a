// The HTTP/1.1 side of the one port. It does not listen; `front/front.ts` hands it its connections.
import { createServer, type Server } from 'node:http';
import type { Clock } from '../../clock.js';
import type { BodyReceiver } from '../../sealedBodies/bodyReceiver.js';
import type { Annotator } from '../annotate.js';
import { answerOverHttp1 } from '../grpc/overHttp1.js';
import { annotated } from './annotated.js';
import type { Routes } from './exchange.js';
import { http1Exchange } from './http1Exchange.js';
import { refuseUnreadable } from './refuseUnreadable.js';
import { unsealed } from './unsealed.js';

const serverOptions = {
  /** Request line and headers together; ours have under 1 KiB (bytes). */
  maxHeaderSize: 8 * 1024,
  /** From the first byte of a request to the end of its headers (ms). */
  headersTimeout: 20_000,
  /** Above the 60 s after which common load balancers close, so that it is never us who close under a request of theirs (ms). */
  keepAliveTimeout: 75_000,
  /** Uploads are ended when they make no progress (`stalled.ts`), not when they take long. */
  requestTimeout: 0,
  connectionsCheckingInterval: 5_000,
  noDelay: true,
};
const maxHeadersCount = 64;

export interface HttpServerParameters {
  readonly routes: Routes;
  /** Calls of gRPC, in any form, go to the routes too. */
  readonly takesCalls?: boolean;
  readonly annotator?: Annotator | undefined;
  readonly receiver?: BodyReceiver | undefined;
  readonly clock: Clock;
}

export function createHttpServer({
  routes,
  takesCalls = false,
  annotator,
  receiver,
  clock,
}: HttpServerParameters): Server {
  const plain = unsealed(routes, receiver);
  const withoutCalls: Routes = (exchange) => answerOverHttp1(exchange) ?? plain(exchange);
  const serve = annotated(takesCalls ? plain : withoutCalls, annotator);
  const server = createServer(serverOptions, (request, response) => {
    void serve(http1Exchange(request, response, clock));
  });
  server.maxHeadersCount = maxHeadersCount;
  server.on('checkContinue', (request, response) => {
    // The second of two requests at once has no connection yet, and Node would say this in the middle of its answer. It is optional
    // (RFC 9110, 10.1.1).
    if (response.socket !== null) response.writeContinue();
    server.emit('request', request, response);
  });
  refuseUnreadable(server, annotator);
  return server;
}
