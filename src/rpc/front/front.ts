// The one port: reads the first bytes of a connection, and hands it to the HTTP/2 side (gRPC and artifacts), to the HTTP/1.1 side, or to
// TLS first. Connections that say nothing are bounded in time and number, so that they cannot keep others out.
import type { Server as HttpServer } from 'node:http';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../clock.js';
import { fail } from '../../errors.js';
import { Tally } from '../../tally.js';
import { type Connection, certificateOf, networkOf } from '../connection.js';
import { errorBody, httpStatusOf } from '../http/failureStatus.js';
import { firstBytes } from './firstBytes.js';
import type { Http2 } from './http2Sessions.js';
import type { Tls } from './tls.js';

export interface FrontAddress {
  readonly host: string;
  readonly port: number;
}

export interface FrontLimits {
  /** A connection must say which protocol it speaks, and end its TLS handshake, within this time (ms). */
  readonly silenceMs: number;
  /** Connections that have not done so yet; when one more comes, the oldest of them is closed. */
  readonly silent: number;
  /** All connections; more are closed at once. Must leave file descriptors for everything else. */
  readonly connections: number;
  /** Of one address, or one network of IPv6, so that it cannot take all of them. Clients behind one proxy share it. */
  readonly connectionsPerNetwork: number;
}

export interface Front {
  /** Port 0 takes any free one. Rejects with the error of the system (EADDRINUSE, EACCES). */
  listen(address: FrontAddress): Promise<FrontAddress>;
  /** Where it listens; throws before `listen` has resolved. */
  readonly address: FrontAddress;
  /** Takes no more connections, ends idle ones at once, gives the others `graceMs` to end their calls, then ends them. */
  close(graceMs: number): Promise<void>;
}

export const defaultFrontLimits: FrontLimits = {
  silenceMs: 10_000,
  silent: 1024,
  connections: 16_384,
  connectionsPerNetwork: 8_192,
};

export interface FrontParameters {
  readonly http1: HttpServer;
  readonly http2: Http2;
  /** Undefined: no TLS is spoken. Otherwise `plaintext` says from where connections without it are still served; others are told so. */
  readonly tls?: { readonly acceptor: Tls; readonly plaintext: Plaintext } | undefined;
  readonly clock: Clock;
  readonly limits?: FrontLimits;
}

export type Plaintext = 'always' | 'loopback' | 'never';

/** The keep-alive of sleeping peers, as the SDK sets it on its side (ms). */
const tcpKeepAliveMs = 60_000;

export function createFront(parameters: FrontParameters): Front {
  const { http1, http2, tls, clock, limits = defaultFrontLimits } = parameters;
  const connections = new Set<Socket>();
  const perNetwork = new Tally<string>();
  /** In order of arrival. */
  const silent = new Set<Socket>();
  const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: tcpKeepAliveMs };
  const server = createServer(options, accept);
  let address: FrontAddress | undefined;
  let isClosing = false;
  let stopWatching = () => {};
  http1.on('request', (_, response) => {
    response.once('close', () => {
      // Its connection counts as idle only after this event.
      if (isClosing) setImmediate(() => http1.closeIdleConnections());
    });
  });

  function accept(socket: Socket): void {
    // A reset is the client's way to leave. Whoever holds the connection hears of it by its end.
    socket.on('error', () => socket.destroy());
    if (!count(socket)) return void socket.destroy();
    if (silent.size >= limits.silent) {
      const [oldest] = silent;
      oldest?.destroy();
    }
    silent.add(socket);
    const cancel = clock.wakeAt(clock.now() + limits.silenceMs, () => socket.destroy());
    const spoken = () => {
      cancel();
      silent.delete(socket);
    };
    firstBytes(socket, (protocol) => {
      if (protocol !== 'tls') {
        spoken();
        if (protocol !== undefined) serve(socket, protocol, isServedPlain(socket) ? undefined : 'refused');
      } else if (tls === undefined) socket.destroy();
      else {
        socket.once('close', spoken);
        tls.acceptor.accept(socket, (secure) => {
          spoken();
          serveSecure(secure);
        });
      }
    });
  }

  function isServedPlain({ remoteAddress = '' }: Socket): boolean {
    const from = tls?.plaintext ?? 'always';
    return from === 'always' || (from === 'loopback' && isLoopback(remoteAddress));
  }

  function serveSecure(secure: TLSSocket): void {
    secure.on('error', () => secure.destroy());
    // Without ALPN only HTTP/1.1 is spoken: Node takes no HTTP/2 over TLS that was not agreed on so, and SDKs agree.
    serve(secure, secure.alpnProtocol === 'h2' ? 'http2' : 'http1', 'encrypted');
  }

  /** False when there are too many, of this network or in all. */
  function count(socket: Socket): boolean {
    const from = networkOf(socket.remoteAddress ?? '');
    if (connections.size >= limits.connections || perNetwork.of(from) >= limits.connectionsPerNetwork) return false;
    connections.add(socket);
    perNetwork.add(from);
    socket.once('close', () => {
      connections.delete(socket);
      perNetwork.add(from, -1);
    });
    return true;
  }

  function serve(
    socket: Socket | TLSSocket,
    protocol: 'http1' | 'http2',
    how: 'encrypted' | 'refused' | undefined,
  ): void {
    if (protocol === 'http2') http2.accept(socket, connectionOf(socket, how));
    else if (how === 'refused') refuse(socket, clock);
    else http1.emit('connection', socket);
  }

  return {
    listen: ({ host, port }) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port }, () => {
          server.off('error', reject);
          // Out of file descriptors, for example: the connection is lost, the service goes on.
          server.on('error', () => undefined);
          address = boundAddress(server);
          // Node checks the times of headers and keeps its list of connections from this event on, which a server that does not listen
          // itself never emits.
          http1.emit('listening');
          stopWatching = http2.watch();
          resolve(address);
        });
      }),

    get address() {
      if (address === undefined) throw new Error('the front does not listen yet');
      return address;
    },

    async close(graceMs) {
      isClosing = true;
      stopWatching();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of silent) socket.destroy();
      // Not listening itself, it reports an error after it has closed its idle connections and stopped its checks.
      http1.close(() => undefined);
      http2.drain();
      const endAll = () => {
        for (const socket of connections) socket.destroy();
      };
      let cancel = clock.wakeAt(clock.now() + graceMs, () => {
        http2.endCalls();
        cancel = clock.wakeAt(clock.now() + farewellMs, endAll);
      });
      if (graceMs === 0) endAll();
      await closed;
      cancel();
    },
  };
}

const isLoopback = (address: string) => address === '::1' || /^(::ffff:)?127\./.test(address);

/** How long what a refused client still sends is read and thrown away, so that it sees the answer and not a reset (ms). */
const lingerMs = 5_000;
/** After their last answers connections have this long to take them (ms). */
const farewellMs = 1_000;

const tlsRequired = fail('TLS_REQUIRED');

const connectionOf = (socket: Socket | TLSSocket, how: 'encrypted' | 'refused' | undefined): Connection => ({
  peer: {
    address: socket.remoteAddress ?? '',
    port: socket.remotePort ?? 0,
    certificate: how === 'encrypted' ? certificateOf(socket as TLSSocket) : undefined,
  },
  isEncrypted: how === 'encrypted',
  ...(how === 'refused' && { refusal: tlsRequired }),
});

/** Its request is not read: what it holds has been seen by others already, and need not be believed. */
function refuse(socket: Socket, clock: Clock): void {
  const body = `${JSON.stringify(errorBody(tlsRequired))}\n`;
  const head = `HTTP/1.1 ${httpStatusOf(tlsRequired)} Forbidden\r\ncontent-type: application/json`;
  const cancel = clock.wakeAt(clock.now() + lingerMs, () => socket.destroy());
  socket.once('close', cancel);
  socket.resume();
  socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
}

function boundAddress(server: NetServer): FrontAddress {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the front must listen on a TCP port');
  return { host: bound.address, port: bound.port };
}
