// TLS on the one port: handshakes, ALPN, client certificates that are asked for but never demanded here (a refusal within TLS looks like
// a broken line to an SDK, which then tries for two minutes), and new certificates without a restart.
import { createHash, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, createServer, type TLSSocket } from 'node:tls';

/** PEM texts. */
export interface TlsCredentials {
  /** The server's certificate, followed by those between it and its root. */
  readonly cert: string;
  readonly key: string;
  /** Whose client certificates are trusted. Undefined when none is asked for. */
  readonly clientCa: string | undefined;
}

export interface Tls {
  /**
   * Begins the handshake. `done` gets the encrypted connection and the key that this handshake has shown; it is not called when the
   * handshake fails: then `socket` ends.
   */
  accept(socket: Socket, done: (secure: TLSSocket, spkiSha256: string) => void): void;
  /** For handshakes from now on. Throws when certificate and key are unusable or do not belong together; then nothing has changed. */
  renew(credentials: TlsCredentials): void;
  /** SHA-256 of the public key that handshakes show from now on (SubjectPublicKeyInfo in DER; hex, lower case). */
  readonly spkiSha256: string;
  /**
   * Called with the new `spkiSha256` when another certificate has taken effect, before a handshake shows it; also when the key is still
   * the same. Connections that are there keep the key of their handshake. Returns the unsubscribe function.
   */
  onRenewal(listener: (spkiSha256: string) => void): () => void;
}

const nameOf = ({ remoteAddress, remotePort, localAddress, localPort }: Socket) =>
  `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;

/** Throws as `renew` does. `handshakeMs`: how long a handshake may take. */
export function createTls(credentials: TlsCredentials, handshakeMs: number): Tls {
  /** Who waits for which handshake. Two connections at the same time differ in one of the two ends. */
  const waiting = new Map<string, (secure: TLSSocket) => void>();
  const listeners = new Set<(spkiSha256: string) => void>();
  let cert = credentials.cert;
  const server = createServer({
    ...contextOf(credentials),
    requestCert: credentials.clientCa !== undefined,
    rejectUnauthorized: false,
    // gRPC speaks HTTP/2 only, and artifact clients that offer both are served by it just as well.
    ALPNProtocols: ['h2', 'http/1.1'],
    handshakeTimeout: handshakeMs,
  });
  server.on('secureConnection', (secure) => waiting.get(nameOf(secure))?.(secure));
  server.on('tlsClientError', (_, socket) => socket.destroy());
  let spkiSha256 = spkiSha256Of(cert);

  return {
    accept(socket, done) {
      const name = nameOf(socket);
      // The key is chosen here, and a renewal may come before the handshake ends.
      const shown = spkiSha256;
      waiting.set(name, (secure) => {
        waiting.delete(name);
        done(secure, shown);
      });
      socket.once('close', () => waiting.delete(name));
      server.emit('connection', socket);
    },

    renew(next) {
      const options = contextOf(next);
      // Tried first: `setSecureContext` has taken half of the new options by the time it throws.
      createSecureContext(options);
      const renewed = spkiSha256Of(next.cert);
      server.setSecureContext(options);
      if (next.cert === cert) return;
      cert = next.cert;
      spkiSha256 = renewed;
      for (const listener of listeners) listener(renewed);
    },

    get spkiSha256() {
      return spkiSha256;
    },

    onRenewal(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const contextOf = ({ cert, key, clientCa }: TlsCredentials) => ({
  cert,
  key,
  ...(clientCa !== undefined && { ca: clientCa }),
  minVersion: 'TLSv1.2' as const,
});

/** Of the first certificate in a PEM text, which is the server's own. */
const spkiSha256Of = (pem: string): string =>
  createHash('sha256')
    .update(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
