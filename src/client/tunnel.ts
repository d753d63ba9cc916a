// A connection through a proxy: a tunnel by CONNECT, also for plain HTTP, so that transfers take the very way that calls take.
import { type IncomingMessage, request as requestHttp } from 'node:http';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { HttpProxy } from './proxy.js';

/** A proxy that says nothing for so long is not there (ms). Connecting through one takes as long as the service's name takes to resolve. */
const silenceAtMostMs = 30_000;

/** What the proxy said instead of opening the tunnel, or that it cannot be reached. */
class TunnelFailed extends Error {
  override readonly name = 'TunnelFailed';
  constructor({ hostname, port, variable }: HttpProxy, problem: string) {
    super(`the proxy ${hostname}:${port} of ${variable} ${problem}`);
  }
}

/** A connection to the URL's host, over which its scheme may be spoken. Rejects with TunnelFailed, or with what the signal says. */
export async function openTunnel(proxy: HttpProxy, url: URL, signal: AbortSignal): Promise<Socket> {
  const socket = await openWay(proxy, url, signal);
  if (url.protocol !== 'https:') return socket;
  const name = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return await new Promise((resolve, reject) => {
    const secured = connectTls({ socket, host: name, servername: /[:]|^[\d.]+$/.test(name) ? '' : name });
    secured.once('error', reject);
    secured.once('secureConnect', () => {
      secured.off('error', reject);
      resolve(secured);
    });
  });
}

/** The tunnel alone, without TLS in it. */
export function openWay(proxy: HttpProxy, url: URL, signal: AbortSignal): Promise<Socket> {
  const target = `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`;
  const { hostname, port, credentials } = proxy;
  const authorization =
    credentials === undefined ? {} : { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
  return new Promise((resolve, reject) => {
    const request = requestHttp({
      host: hostname,
      port,
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...authorization },
      agent: false,
      signal,
      timeout: silenceAtMostMs,
    });
    const fail = (problem: string) => reject(new TunnelFailed(proxy, problem));
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(error);
      else fail(`cannot be reached (${error.code ?? error.message})`);
    });
    request.on('timeout', () => request.destroy(new Error('it says nothing')));
    request.on('connect', ({ statusCode = 0 }: IncomingMessage, socket: Socket, head: Buffer) => {
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        return fail(`refuses to connect to ${target} with HTTP ${statusCode}`);
      }
      socket.setTimeout(0);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.end();
  });
}
