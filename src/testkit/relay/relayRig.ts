// A relay behind a real listener, and upstreams on real sockets: honest ones by Node's own servers, and hostile ones that say bytes.
import { once } from 'node:events';
import { createServer as createHttp1, type RequestListener } from 'node:http';
import {
  createServer as createHttp2,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2';
import { type AddressInfo, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { systemClock } from '../../clock.js';
import { createLog } from '../../log.js';
import { systemRandom } from '../../random.js';
import { connectTo } from '../../relay/connectTo.js';
import { createUpstream } from '../../relay/createUpstream.js';
import { createRelay, type Relay, type RelayParameters } from '../../relay/relay.js';
import type { ListenerParameters } from '../../transport/front/createListener.js';
import { startListener } from '../transport/listenerRig.js';

export interface RelayRig {
  /** What a client connects to. */
  readonly to: NetConnectOpts;
  readonly relay: Relay;
}

type Test = Pick<TestContext, 'after'>;

/** `port`: of the upstream, on this machine. */
export async function startRelay(
  t: Test,
  port: number,
  given: Partial<RelayParameters> = {},
  listener: Partial<ListenerParameters> = {},
): Promise<RelayRig> {
  const clock = given.clock ?? systemClock;
  const connect = connectTo(new URL(`http://127.0.0.1:${port}`));
  const upstream = createUpstream({ connect, connections: 8, sessions: 4, clock });
  t.after(() => upstream.close());
  const relay = createRelay({
    ask: upstream.ask,
    through: (request, ask) => ask(request),
    name: 'relay-under-test',
    bodyLimitBytes: 2 ** 31,
    deadlineMs: 86_400_000,
    most: 1_000,
    clock,
    random: systemRandom,
    log: createLog('silent'),
    ...given,
  });
  const { to } = await startListener(t, { methods: relay, routes: relay.routes, ...listener });
  return { to, relay };
}

async function listening(t: Test, server: Server, sockets: Iterable<{ destroy(): void }>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** An honest prover that speaks HTTP/1.1 alone. Answers its port. */
export function startHttp1(t: Test, handler: RequestListener): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createHttp1(handler).on('connection', (socket: Socket) => sockets.add(socket));
  return listening(t, server, sockets);
}

/** An honest prover that speaks HTTP/2 by prior knowledge alone. */
export function startHttp2(
  t: Test,
  handler: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
  options: ServerOptions = {},
): Promise<number> {
  const sessions = new Set<ServerHttp2Session>();
  const server = createHttp2(options).on('session', (session: ServerHttp2Session) => sessions.add(session));
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => undefined);
    handler(stream, headers);
  });
  return listening(t, server as unknown as Server, sessions);
}

/** One that says what it wants. `hear` is called once for each connection, with the first bytes that come by it. */
export function startRaw(t: Test, hear: (socket: Socket, start: Buffer) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.once('data', (start: Buffer) => hear(socket, start));
  });
  return listening(t, server, sockets);
}
