// One connection to a target, of its own: no session of TLS is ever resumed, because a resumed one shows no certificate.
import type { X509Certificate } from 'node:crypto';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Clock } from '../../clock.js';
import { wordsOf } from '../check/http/getBytes.js';
import { spkiOf } from '../check/http/seenConnection.js';
import { hostOf } from '../check/target/appraiseFiles.js';
import { NotReached } from '../check/target/askTarget.js';

export interface Dialling {
  readonly url: URL;
  /** PEM texts: what this side shows when it is asked for a certificate. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string } | undefined;
  /** Opens the way to the target's host and port, where it leads through something. */
  readonly openWay?: ((signal: AbortSignal) => Promise<Socket>) | undefined;
  readonly clock: Pick<Clock, 'wakeIn'>;
}

export interface Dialled {
  readonly socket: Socket;
  /** What TLS has shown; undefined without TLS. */
  readonly certificate: X509Certificate | undefined;
  readonly spki: Uint8Array | undefined;
  /** The certificate is of an authority that this machine knows, and for this name. True without TLS, where there is nothing to know. */
  readonly isAuthorized: boolean;
}

/** Name, way and handshake together (ms). */
const dialMs = 10_000;
/** As the SDK does (ms). */
const tcpKeepAliveMs = 60_000;

/** Rejects with NotReached, and with the reason of `signal`. */
export async function dial(of: Dialling, protocol: 'h2' | 'http/1.1', signal: AbortSignal): Promise<Dialled> {
  const { url } = of;
  const unreached = (why: string) => new NotReached('QUOTE_UNAVAILABLE', `${url.origin} cannot be reached: ${why}.`);
  const way = await of.openWay?.(signal);
  const socket = url.protocol === 'https:' ? secure(of, protocol, way) : (way ?? plain(of));
  socket.setNoDelay(true).setKeepAlive(true, tcpKeepAliveMs);
  await connected(socket, { ...of, signal, isOpen: url.protocol === 'http:' && way !== undefined }, unreached);
  // It may fail later, when nobody waits for this any more. Who holds it sees it close.
  socket.on('error', () => socket.destroy());
  if (url.protocol !== 'https:') return { socket, certificate: undefined, spki: undefined, isAuthorized: true };
  const seen = socket as TLSSocket;
  // Now: a connection that has carried a request may have none any more.
  const certificate = seen.getPeerX509Certificate();
  if (protocol === 'h2' && seen.alpnProtocol !== 'h2') {
    socket.destroy();
    throw unreached('it does not speak HTTP/2');
  }
  if (certificate === undefined) {
    socket.destroy();
    throw unreached('it has shown no certificate');
  }
  return { socket, certificate, spki: spkiOf(certificate), isAuthorized: seen.authorized };
}

const hostAndPort = (url: URL) => ({
  host: hostOf(url.href) ?? '',
  port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)),
});

const plain = ({ url }: Dialling): Socket => connectPlain(hostAndPort(url));

function secure({ url, clientCertificate }: Dialling, protocol: string, way: Socket | undefined): TLSSocket {
  const { host, port } = hostAndPort(url);
  return connectTls({
    ...(way === undefined ? { host, port } : { socket: way, host }),
    servername: isIP(host) === 0 ? host : '',
    ALPNProtocols: [protocol],
    // Which key it is, is what the quote says. Where there is no quote, `isAuthorized` is asked.
    rejectUnauthorized: false,
    ...clientCertificate,
  });
}

interface Connecting extends Pick<Dialling, 'url' | 'clock'> {
  readonly signal: AbortSignal;
  readonly isOpen: boolean;
}

function connected(
  socket: Socket,
  { url, clock, signal, isOpen }: Connecting,
  unreached: (why: string) => NotReached,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const event = url.protocol === 'https:' ? 'secureConnect' : 'connect';
    const settle = (error?: unknown) => {
      cancel();
      signal.removeEventListener('abort', abort);
      socket.off(event, settled).off('error', failed).off('close', closed);
      if (error === undefined) return resolve();
      socket.on('error', () => undefined).destroy();
      reject(error);
    };
    const settled = () => settle();
    const failed = (error: Error) => settle(unreached(wordsOf(error)));
    const closed = () => settle(unreached('the connection was cut'));
    const abort = () => settle(signal.reason instanceof Error ? signal.reason : new Error('interrupted'));
    const cancel = clock.wakeIn(dialMs, () => settle(unreached(`no connection within ${dialMs / 1000} s`)));
    socket.once(event, settled).once('error', failed).once('close', closed);
    if (signal.aborted) abort();
    else if (isOpen) settled();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
