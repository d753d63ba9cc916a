// Connections to an upstream that is known by its URL: in the clear, or by TLS with a certificate of a public authority.
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';
import type { Connect } from './upstream.js';

const keepAliveMs = 60_000;

/** `url`: http or https. */
export function connectTo(url: URL): Connect {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isSecure = url.protocol === 'https:';
  const port = Number(url.port || (isSecure ? 443 : 80));
  return (protocol, signal) =>
    new Promise((resolve, reject) => {
      const alpn = protocol === 'http2' ? 'h2' : 'http/1.1';
      const socket: Socket = isSecure
        ? connectSecure({ host, port, servername: isName(host) ? host : '', ALPNProtocols: [alpn] })
        : connectPlain({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs });
      const leave = () => socket.destroy(signal.reason as Error);
      const settle = () => {
        signal.removeEventListener('abort', leave);
        socket.off('error', refuse).off('close', refuse);
      };
      const refuse = (error: unknown) => {
        settle();
        socket.on('error', () => undefined);
        reject(error instanceof Error ? error : new Error('the connection was closed'));
      };
      socket.once('error', refuse).once('close', refuse);
      socket.once(isSecure ? 'secureConnect' : 'connect', () => {
        settle();
        if (isSecure && protocol === 'http2' && (socket as { alpnProtocol?: unknown }).alpnProtocol !== 'h2') {
          socket.destroy();
          return reject(new FailureError(fail('UPSTREAM_UNREACHABLE', { problem: noHttp2 })));
        }
        resolve(socket);
      });
      if (signal.aborted) leave();
      signal.addEventListener('abort', leave, { once: true });
    });
}

export const noHttp2 = 'it does not speak HTTP/2';

const isName = (host: string): boolean => /[a-z]/i.test(host) && !host.includes(':');
