// Succinct's prover network as far as a client and a prover see it, on a real port: signatures over raw bytes, strict nonces, rights and
// states are enforced, in the network's own words. It is no mock: the stock SDK completes a proof on it. Base flavour.
// What is not known of the real one is a switch. Never point a key at it that signs for anything else: base bodies name no network.
import { type Clock, systemClock } from '../../clock.js';
import { createLog } from '../../log.js';
import { createFront, type Front } from '../../transport/front/front.js';
import { createHttp2 } from '../../transport/front/http2Sessions.js';
import { createTls, type Tls } from '../../transport/front/tls.js';
import { createGrpcServer, type GrpcServer } from '../../transport/grpc/server.js';
import { answerJson } from '../../transport/http/exchange.js';
import { createRoutes, type Route } from '../../transport/http/routes.js';
import { createHttpServer } from '../../transport/http/server.js';
import { freePort } from '../freePort.js';
import { lineOf } from './befall.js';
import { bucketRoutes } from './bucket.js';
import { createFakeCore, type FakeCore } from './core.js';
import type { Switches } from './switches.js';

export interface FakeNetwork extends Omit<FakeCore, 'methods' | 'arrive'> {
  /** Of gRPC and of its store. */
  readonly url: string;
  /** F10: its port is closed, and all connections are cut. */
  away(): Promise<void>;
  /** It listens again, on the same port. */
  back(): Promise<void>;
  /** F24. Of the next handshakes. */
  renew(certificate: Certificate): void;
  close(): Promise<void>;
}

/** PEM texts. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface FakeNetworkOptions {
  readonly switches?: Partial<Switches>;
  /** 0 takes any free one. Without it: one that stays its own while the network is away. */
  readonly port?: number;
  readonly clock?: Clock;
  readonly seed?: number;
  /** Its URL is https then. */
  readonly certificate?: Certificate;
  /** Served beside the store. */
  readonly routes?: (network: Controllable) => readonly Route[];
}

/** What its control by HTTP works on. */
export type Controllable = Pick<FakeNetwork, 'record' | 'control' | 'faults' | 'invariants'>;

/** Larger ones are not even read. What the switch says is said in the network's words. */
const readLimitBytes = 256 * 2 ** 20;
const handshakeMs = 10_000;

export async function startFakeNetwork(options: FakeNetworkOptions = {}): Promise<FakeNetwork> {
  const { clock = systemClock, port = await freePort(), certificate, switches, seed } = options;
  const log = createLog('silent');
  let url = '';
  const core = createFakeCore({ clock, switches, seed, url: () => url });
  const { ledger, record, faults, control, invariants } = core;
  const acceptor = certificate && createTls({ ...certificate, clientCa: undefined }, handshakeMs);
  const entrance = () =>
    entranceOf(core, createGrpcServer({ methods: core.methods, clock, log, limitBytes: readLimitBytes }));
  const routes = createRoutes({
    routes: [
      ...bucketRoutes({ ledger, record, faults, clock }),
      ...(options.routes?.({ record, control, faults, invariants }) ?? []),
    ],
    otherwise: (exchange) => answerJson(exchange, 404, { error: 'nothing here' }),
    log,
  });
  /** A front listens once. */
  const newFront = () =>
    createFront({
      http1: createHttpServer({ routes, clock }),
      http2: createHttp2({ grpc: entrance(), routes, clock }),
      ...(acceptor && { tls: { acceptor, plaintext: 'never' } }),
      clock,
    });
  let front: Front | undefined = newFront();
  const address = await front.listen({ host: '127.0.0.1', port });
  url = `${acceptor ? 'https' : 'http'}://127.0.0.1:${address.port}`;

  async function away(): Promise<void> {
    const closing = front;
    front = undefined;
    await closing?.close(0);
  }
  return {
    url,
    ledger,
    record,
    faults,
    control,
    invariants,
    away,
    async back() {
      front = newFront();
      await front.listen(address);
    },
    renew: (renewed) => renewedIn(acceptor, renewed),
    close: away,
  };
}

function renewedIn(acceptor: Tls | undefined, certificate: Certificate): void {
  if (acceptor === undefined) throw new Error('it speaks no TLS');
  acceptor.renew({ ...certificate, clientCa: undefined });
}

/** Every call is noted before it is read. */
const entranceOf = (core: FakeCore, grpc: GrpcServer): GrpcServer => ({
  ...grpc,
  handle(stream, headers, connection) {
    const method = (headers[':path'] ?? '').split('/').at(-1) ?? '';
    const { port: peerPort } = connection.peer;
    core.arrive({ method, headers, peerPort, line: lineOf(stream) }, () => grpc.handle(stream, headers, connection));
  },
});
