// A proxy for tests: real CONNECT on loopback. It writes down where it was asked to connect to and leads every tunnel to one port of this
// machine, so that a service here can stand for one far away.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface RecordingProxy {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  /** What it was asked for, in order: `CONNECT host:port`, or any other method with its URL. */
  readonly asked: string[];
  /** Of each of them, empty when there was none. */
  readonly authorizations: string[];
  /** Answered to CONNECT from now on. With 200 there is a tunnel. */
  status: number;
  close(): void;
}

export async function startRecordingProxy(leadsTo: { port: number }): Promise<RecordingProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    record(`${request.method} ${request.url}`, request.headers['proxy-authorization']);
    response.writeHead(502).end();
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('connect', (request, socket: Socket, head: Buffer) => {
    record(`CONNECT ${request.url}`, request.headers['proxy-authorization']);
    if (proxy.status !== 200) return void socket.end(`HTTP/1.1 ${proxy.status} No\r\n\r\n`);
    const onward = connect(leadsTo.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    sockets.add(onward);
    onward.on('error', () => socket.destroy());
    onward.once('close', () => sockets.delete(onward));
    socket.once('close', () => onward.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  function record(what: string, authorization = ''): void {
    proxy.asked.push(what);
    proxy.authorizations.push(authorization);
  }
  const proxy: RecordingProxy = {
    url: `http://127.0.0.1:${port}`,
    port,
    asked: [],
    authorizations: [],
    status: 200,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return proxy;
}
