// One place where clients come in, with its own methods, routes, TLS, limits and additions to answers. A process may have several, on TCP
// and on unix sockets, with the same methods or with others.
import type { Clock } from '../../clock.js';
import type { Log } from '../../log.js';
import type { BodyReceiver } from '../../sealedBodies/bodyReceiver.js';
import { type Annotate, createAnnotator } from '../annotate.js';
import type { Method, WatchCalls } from '../grpc/call.js';
import { createGrpcServer } from '../grpc/server.js';
import type { Routes } from '../http/exchange.js';
import { createHttpServer } from '../http/server.js';
import { createFront, type Front, type FrontLimits, type FrontTls } from './front.js';
import { createHttp2, type RoutedCalls } from './http2Sessions.js';

export interface ListenerParameters {
  /** What is served as gRPC; or the one to whom calls go as they are, by way of the routes. */
  readonly methods: readonly Method[] | RoutedCalls;
  readonly routes: Routes;
  /** Undefined: nothing is added. */
  readonly annotate?: Annotate | undefined;
  /** For bodies that are sealed. Undefined: nothing of that runs. */
  readonly receiver?: BodyReceiver | undefined;
  readonly watch?: WatchCalls | undefined;
  readonly tls?: FrontTls | undefined;
  readonly limits?: FrontLimits;
  /** Largest message of a call, in bytes. */
  readonly maxCallBytes: number;
  readonly clock: Clock;
  readonly log: Log;
}

export function createListener({
  methods,
  routes,
  receiver,
  watch,
  tls,
  limits,
  maxCallBytes,
  clock,
  log,
  ...rest
}: ListenerParameters): Front {
  const annotator = rest.annotate && createAnnotator(rest.annotate, log);
  const takesCalls = 'endCalls' in methods;
  const grpc = takesCalls
    ? methods
    : createGrpcServer({ methods, annotator, receiver, watch, clock, log, limitBytes: maxCallBytes });
  return createFront({
    http1: createHttpServer({ routes, takesCalls, annotator, receiver, clock }),
    http2: createHttp2({ grpc, routes, annotator, receiver, clock }),
    tls,
    annotator,
    clock,
    ...(limits && { limits }),
  });
}
