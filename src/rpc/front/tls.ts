// TLS on the one port: handshakes, ALPN, client certificates that are asked for but never demanded here (a refusal within TLS looks like
// a broken line to an SDK, which then tries for two minutes), and new certificates without a restart.
import type { Socket } from 'node:net';
import { createSecureContext, createServer, type TLSSocket } from 'node:tls';

/** PEM texts. */
export interface TlsCredentials {
  /** The server's certificate, followed by those between it and its root. */
  readonly cert: string;
  readonly key: string;
  /** Whose client certificates are believed; undefined when none is asked for. */
  readonly clientCa: string | undefined;
}

export interface Tls {
  /** Begins the handshake. `done` gets the encrypted connection; it is not called when the handshake fails: then `socket` ends. */
  accept(socket: Socket, done: (secure: TLSSocket) => void): void;
  /** For handshakes from now on. Throws when certificate and key are unusable or do not belong together; then nothing has changed. */
  renew(credentials: TlsCredentials): void;
}

const nameOf = ({ remoteAddress, remotePort, localAddress, localPort }: Socket) =>
  `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;

/** Throws as `renew` does. `handshakeMs`: how long a handshake may take. */
export function createTls(credentials: TlsCredentials, handshakeMs: number): Tls {
  /** Who waits for which handshake. Two connections that live at once differ in one of the two ends. */
  const waiting = new Map<string, (secure: TLSSocket) => void>();
  const server = createServer({
    ...contextOf(credentials),
    requestCert: credentials.clientCa !== undefined,
    rejectUnauthorized: false,
    // gRPC speaks HTTP/2 only; artifact clients that offer both are served as well by it.
    ALPNProtocols: ['h2', 'http/1.1'],
    handshakeTimeout: handshakeMs,
  });
  server.on('secureConnection', (secure) => waiting.get(nameOf(secure))?.(secure));
  server.on('tlsClientError', (_, socket) => socket.destroy());

  return {
    accept(socket, done) {
      const name = nameOf(socket);
      waiting.set(name, (secure) => {
        waiting.delete(name);
        done(secure);
      });
      socket.once('close', () => waiting.delete(name));
      server.emit('connection', socket);
    },

    renew(next) {
      const options = contextOf(next);
      // Tried first: `setSecureContext` has taken half of the new options by the time it throws.
      createSecureContext(options);
      server.setSecureContext(options);
    },
  };
}

const contextOf = ({ cert, key, clientCa }: TlsCredentials) => ({
  cert,
  key,
  ...(clientCa !== undefined && { ca: clientCa }),
  minVersion: 'TLSv1.2' as const,
});
