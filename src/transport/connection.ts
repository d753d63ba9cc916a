// The connection that calls and requests come by, and who is at its other end, whatever its protocol.
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Failure } from '../failures/catalog.js';

/** The other end of the connection that a call came by: the same object for all calls of one connection. */
export interface Peer {
  /** IP address as the system writes it. Behind a proxy it is the proxy's. For a unix socket it is empty. */
  readonly address: string;
  /** With the address it names the connection: older SDKs open a new one for each call, newer ones share one. 0 of a unix socket. */
  readonly port: number;
  /** SHA-256 fingerprint of the client certificate (hex, lower case), when one was shown and its chain was verified. */
  readonly certificate: string | undefined;
}

/** The connection that calls and requests come by. */
export interface Connection {
  readonly peer: Peer;
  readonly isEncrypted: boolean;
  /** Which key of ours its handshake has shown, as `Tls.spkiSha256` names it; absent without TLS. */
  readonly shownKey?: string;
  /** Our end of it. */
  readonly local: { readonly address: string; readonly port: number };
  /** Why nothing is served on it; absent when it is. */
  readonly refusal?: Failure;
}

const connections = new WeakMap<Duplex, Connection>();

/** For `connectionOf`: Node's HTTP/1.1 gives a handler the socket alone. */
export const rememberConnection = (socket: Duplex, connection: Connection): void => {
  connections.set(socket, connection);
};

/** Throws for a socket that no listener of ours has accepted. */
export function connectionOf(socket: Duplex): Connection {
  const connection = connections.get(socket);
  if (connection === undefined) throw new Error('this socket came by no listener of ours');
  return connection;
}

/** SHA-256 fingerprint in lower case hex of a client certificate whose chain was verified; undefined without one. */
export function certificateOf(secure: TLSSocket): string | undefined {
  if (!secure.authorized) return undefined;
  return secure.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase();
}

const groupsOfNetwork = 4;

/**
 * Whom an IP address is counted for: itself, or of IPv6 its /64, which is the least that a provider gives to one customer.
 * `address` as the system writes it; an IPv4 address that is mapped into IPv6 counts as itself.
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address;
  const [head = '', tail] = address.replace(/%.*/, '').split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail ? tail.split(':') : [];
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  return `${[...first, ...zeros, ...last].slice(0, groupsOfNetwork).join(':')}::/64`;
}
