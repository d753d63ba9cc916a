// A listener on a real socket with a clock that the test moves, and clients that show what comes back, byte by byte.
import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { createLog } from '../../log.js';
import { createListener, type ListenerParameters } from '../../transport/front/createListener.js';
import type { Front, TcpAddress, UnixAddress } from '../../transport/front/front.js';
import { framed } from '../../transport/grpc/message.js';
import { answerJson, type Exchange } from '../../transport/http/exchange.js';
import { SimulatedClock } from '../world/simulatedClock.js';

export interface ListenerRig {
  readonly clock: SimulatedClock;
  /** What a client connects to. */
  readonly to: NetConnectOpts;
  readonly front: Front;
}

/** Without methods, and with a route that answers the path of whatever is asked. */
export async function startListener(
  t: Pick<TestContext, 'after'>,
  given: Partial<ListenerParameters> = {},
  address: TcpAddress | UnixAddress = { host: '127.0.0.1', port: 0 },
): Promise<ListenerRig> {
  const clock = new SimulatedClock();
  const routes = (exchange: Exchange) => answerJson(exchange, 200, { path: exchange.path });
  const front = createListener({
    methods: [],
    routes,
    maxCallBytes: 1024,
    clock,
    log: createLog('silent'),
    ...given,
  });
  const bound = await front.listen(address);
  t.after(() => front.close(0));
  const to = 'socketPath' in bound ? { path: bound.socketPath } : { host: bound.host, port: bound.port };
  return { clock, to, front };
}

export async function open(to: NetConnectOpts): Promise<Socket> {
  const socket = connect(to).on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** All that is answered to bytes that end with their connection. */
export async function said(to: NetConnectOpts, bytes: string): Promise<string> {
  const socket = await open(to);
  socket.write(bytes);
  return text(socket);
}

export const session = (to: NetConnectOpts): ClientHttp2Session =>
  connectHttp2('http://listener', { createConnection: () => connect(to) }).on('error', () => undefined);

export interface Heard {
  readonly head: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One request by HTTP/2, on a session of its own. */
export async function heard(to: NetConnectOpts, headers: IncomingHttpHeaders, body?: Uint8Array): Promise<Heard> {
  const own = session(to);
  const stream = own.request(headers).on('error', () => undefined);
  let head: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  const chunks: Buffer[] = [];
  stream.on('response', (given) => {
    head = given;
  });
  stream.on('trailers', (given) => {
    trailers = given;
  });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.end(body);
  await once(stream, 'close');
  own.destroy();
  return { head, trailers, body: Buffer.concat(chunks) };
}

/** One call of gRPC. */
export const called = (
  to: NetConnectOpts,
  path: string,
  headers: IncomingHttpHeaders = {},
  body: Uint8Array = framed(Buffer.from('hello')),
): Promise<Heard> =>
  heard(to, { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', ...headers }, body);
