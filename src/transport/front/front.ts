// One listening socket: reads the first bytes of a connection, and hands it to the HTTP/2 side (gRPC and artifacts), to the HTTP/1.1 side,
// or to TLS first. Connections that say nothing are bounded in time and number, so that they cannot keep others out.
import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../clock.js';
import { fail } from '../../failures/fail.js';
import { Tally } from '../../tally.js';
import type { Annotator } from '../annotate.js';
import { type Connection, certificateOf, networkOf, rememberConnection } from '../connection.js';
import { firstBytes } from './firstBytes.js';
import type { Http2 } from './http2Sessions.js';
import { refusePlaintext, tlsRequired } from './refusePlaintext.js';
import type { Tls } from './tls.js';
import { listenOnUnixSocket } from './unixSocket.js';

export interface TcpAddress {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
}

/** A path in the file system. Who may connect is decided there, by the file's mode: its owner alone. TLS is not spoken. */
export interface UnixAddress {
  readonly socketPath: string;
}

export interface FrontLimits {
  /** A connection must say which protocol it speaks, and end its TLS handshake, within this time (ms). */
  readonly silenceMs: number;
  /** Connections that have not done so yet. When one more comes, the oldest of them is closed. */
  readonly silent: number;
  /** All connections. Further ones are closed at once. Must leave file descriptors for everything else. */
  readonly connections: number;
  /** Of one address, or one network of IPv6, so that it cannot take all of them. Clients behind one proxy share it. */
  readonly connectionsPerNetwork: number;
}

export interface Front {
  /** Once. Resolves with where it listens. Rejects with the error of the system (EADDRINUSE, EACCES), or with a SocketPathError. */
  listen<Address extends TcpAddress | UnixAddress>(address: Address): Promise<Address>;
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
  /** Undefined: no TLS is spoken. */
  readonly tls?: FrontTls | undefined;
  /** For the refusals of connections without TLS. */
  readonly annotator?: Annotator | undefined;
  readonly clock: Clock;
  readonly limits?: FrontLimits;
}

export interface FrontTls {
  readonly acceptor: Tls;
  /** From where connections without TLS are still served. Others are refused with a hint to use it. */
  readonly plaintext: Plaintext;
  /** Nothing is served to a connection that has shown no certificate of the client CA. By default methods decide. */
  readonly needsCertificate?: boolean;
}

export type Plaintext = 'always' | 'loopback' | 'never';

/** The keep-alive of sleeping peers, as the SDK sets it on its side (ms). */
const tcpKeepAliveMs = 60_000;

export function createFront(parameters: FrontParameters): Front {
  const { http1, http2, tls, annotator, clock, limits = defaultFrontLimits } = parameters;
  const connections = new Set<Socket>();
  const perNetwork = new Tally<string>();
  /** In order of arrival. */
  const silent = new Set<Socket>();
  const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: tcpKeepAliveMs };
  const server = createServer(options, accept);
  let isClosing = false;
  let removeSocket = () => {};
  let stopWatching = () => {};
  http1.on('request', (_, response) => {
    response.once('close', () => {
      // Its connection counts as idle only after this event.
      if (isClosing) setImmediate(() => http1.closeIdleConnections());
    });
  });

  function accept(socket: Socket): void {
    // A reset is the client's way to leave. The holder of the connection sees it end.
    socket.on('error', () => socket.destroy());
    if (!count(socket)) return void socket.destroy();
    if (silent.size >= limits.silent) {
      const [oldest] = silent;
      oldest?.destroy();
    }
    silent.add(socket);
    const cancel = clock.wakeIn(limits.silenceMs, () => socket.destroy());
    const spoken = () => {
      cancel();
      silent.delete(socket);
    };
    firstBytes(socket, (protocol) => {
      if (protocol !== 'tls') {
        spoken();
        if (protocol !== undefined)
          serve(socket, protocol, describe(socket, isServedPlain(socket) ? undefined : 'refused'));
      } else if (tls === undefined) socket.destroy();
      else {
        socket.once('close', spoken);
        tls.acceptor.accept(socket, (secure, shownKey) => {
          spoken();
          serveSecure(secure, shownKey);
        });
      }
    });
  }

  function isServedPlain({ remoteAddress = '' }: Socket): boolean {
    const from = tls?.plaintext ?? 'always';
    return from === 'always' || (from === 'loopback' && isLoopback(remoteAddress));
  }

  function serveSecure(secure: TLSSocket, shownKey: string): void {
    secure.on('error', () => secure.destroy());
    // Without ALPN only HTTP/1.1 is spoken: Node takes no HTTP/2 over TLS that was not agreed on so, and SDKs agree.
    const described = describe(secure, 'encrypted', shownKey);
    const isRefused = tls?.needsCertificate === true && described.peer.certificate === undefined;
    const connection = isRefused ? { ...described, refusal: fail('CERTIFICATE_MISSING') } : described;
    serve(secure, secure.alpnProtocol === 'h2' ? 'http2' : 'http1', connection);
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

  function serve(socket: Socket | TLSSocket, protocol: 'http1' | 'http2', connection: Connection): void {
    if (protocol === 'http2') http2.accept(socket, connection);
    else if (connection.refusal !== undefined && !connection.isEncrypted)
      refusePlaintext(socket, connection, { annotator, clock });
    else {
      rememberConnection(socket, connection);
      http1.emit('connection', socket);
    }
  }

  async function listenTo(address: TcpAddress | UnixAddress): Promise<TcpAddress | UnixAddress> {
    if (!('socketPath' in address)) return listenOnTcp(server, address);
    // TLS tells handshakes apart by addresses, which these connections do not have. Nothing of theirs leaves the machine.
    if (tls !== undefined) throw new Error('TLS is not spoken on a unix socket');
    removeSocket = await listenOnUnixSocket(server, address.socketPath);
    return address;
  }

  return {
    async listen<Address extends TcpAddress | UnixAddress>(wanted: Address) {
      const address = await listenTo(wanted);
      // Out of file descriptors, for example: the connection is lost, the service goes on.
      server.on('error', () => undefined);
      // Node checks the times of headers and keeps its list of connections from this event on, which a server that does not listen
      // itself never emits.
      http1.emit('listening');
      stopWatching = http2.watch();
      return address as Address;
    },

    async close(graceMs) {
      isClosing = true;
      stopWatching();
      removeSocket();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of silent) socket.destroy();
      // It does not listen itself, so it reports an error once its idle connections are closed and its checks have stopped.
      http1.close(() => undefined);
      http2.drain();
      const endAll = () => {
        for (const socket of connections) socket.destroy();
      };
      let cancel = clock.wakeIn(graceMs, () => {
        http2.endCalls();
        cancel = clock.wakeIn(farewellMs, endAll);
      });
      if (graceMs === 0) endAll();
      await closed;
      cancel();
    },
  };
}

const isLoopback = (address: string) => address === '::1' || /^(::ffff:)?127\./.test(address);

/** After their last answers connections have this long to take them (ms). */
const farewellMs = 1_000;

const describe = (
  socket: Socket | TLSSocket,
  how: 'encrypted' | 'refused' | undefined,
  shownKey?: string,
): Connection => ({
  peer: {
    address: socket.remoteAddress ?? '',
    port: socket.remotePort ?? 0,
    certificate: how === 'encrypted' ? certificateOf(socket as TLSSocket) : undefined,
  },
  isEncrypted: how === 'encrypted',
  ...(shownKey !== undefined && { shownKey }),
  local: { address: socket.localAddress ?? '', port: socket.localPort ?? 0 },
  ...(how === 'refused' && { refusal: tlsRequired }),
});

const listenOnTcp = (server: NetServer, { host, port }: TcpAddress): Promise<TcpAddress> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      const bound = server.address() as AddressInfo;
      resolve({ host: bound.address, port: bound.port });
    });
  });
