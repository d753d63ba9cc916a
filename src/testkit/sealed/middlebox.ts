// What stands between a client and a service and is not to be trusted: it ends TLS with a certificate of its own, keeps all that it sees, and
// changes requests and answers as a test says.
import { once } from 'node:events';
import { createServer as createHttp, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { connect as connectTls, createServer as createTls } from 'node:tls';
import { certificateOf } from '../testCertificates.js';

export interface Capture {
  readonly url: string;
  /** All plaintext so far, in both directions. */
  seen(): Buffer;
}

/** Relays bytes, of HTTP/1.1 and HTTP/2, to a port of this machine; `isSecure`: by TLS of its own. */
export async function startCapture(t: Pick<TestContext, 'after'>, port: number, isSecure = false): Promise<Capture> {
  const chunks: Buffer[] = [];
  const server = createTls({ ...certificateOf('server'), ALPNProtocols: ['h2', 'http/1.1'] }, (outer) => {
    const ALPNProtocols = [outer.alpnProtocol || 'http/1.1'];
    const inner = isSecure
      ? connectTls({ port, host: '127.0.0.1', ALPNProtocols, rejectUnauthorized: false })
      : connect(port, '127.0.0.1');
    for (const [from, to] of [
      [outer, inner],
      [inner, outer],
    ] as const) {
      from.on('error', () => to.destroy()).on('data', (chunk: Buffer) => chunks.push(chunk));
      from.pipe(to);
    }
    outer.on('close', () => inner.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, seen: () => Buffer.concat(chunks) };
}

export interface Relayed {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface Spoiler {
  readonly url: string;
  /** What becomes of answers from now on. */
  spoil: (answer: Relayed) => Relayed;
  /** Paths that were asked for. */
  readonly asked: string[];
}

/** Relays requests of HTTP/1.1, each whole. */
export async function startSpoiler(t: Pick<TestContext, 'after'>, port: number): Promise<Spoiler> {
  const spoiler: Spoiler = { url: '', spoil: (answer) => answer, asked: [] };
  const server = createHttp(async (incoming, outgoing) => {
    spoiler.asked.push(incoming.url ?? '');
    const { method, headers, url: path } = incoming;
    const inner = request({ host: '127.0.0.1', port, method, headers, path, agent: false });
    inner.on('error', () => outgoing.destroy()).end(await buffer(incoming));
    const [response] = (await once(inner, 'response')) as [IncomingMessage];
    const answer = { status: response.statusCode ?? 0, headers: response.headers, body: await buffer(response) };
    const spoilt = spoiler.spoil(answer);
    const { 'content-length': _, 'transfer-encoding': __, ...kept } = spoilt.headers;
    outgoing.writeHead(spoilt.status, { ...kept, 'content-length': spoilt.body.byteLength }).end(spoilt.body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close().closeAllConnections());
  return Object.assign(spoiler, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}
