// By which origin a client reached us, as far as its call shows: the last hop may be a proxy, and what it speaks to us is not what its
// client spoke to it.
import type { IncomingHttpHeaders } from 'node:http';
import type { Connection } from '../connection.js';
import { originOfOwnProxy, parseForwarded } from './forwardedHeader.js';
import { elementsOf, type NamedHeaders, namedHeaders } from './namedHeaders.js';
import { toldBy } from './toldScheme.js';

export interface Reached {
  /** Undefined: something in front does not say whether its client came by TLS. */
  readonly scheme: 'https' | 'http' | undefined;
  /** `host[:port]` as the client said it, not checked; undefined when only the name that the last hop has for us is known. */
  readonly host: string | undefined;
  /** `host[:port]` of the last hop, as sent; empty when absent. */
  readonly authority: string;
  /** The client came by another port than ours, as far as we know. */
  readonly isForeign: boolean;
  /** The origin of `attest proxy`, where the call has come through one: its client reaches artifacts by it and by nothing else. */
  readonly ownProxy?: string;
}

export function reachedBy(headers: IncomingHttpHeaders, connection: Connection): Reached {
  const ownProxy = originOfOwnProxy(headers.forwarded);
  return { ...reachedByName(headers, connection), ...(ownProxy !== undefined && { ownProxy }) };
}

function reachedByName(headers: IncomingHttpHeaders, { isEncrypted, local }: Connection): Reached {
  const named = namedHeaders(headers);
  const told = toldBy(named);
  const authority = named.get(':authority') ?? named.get('host') ?? '';
  const forwarded = forwardedHost(named);
  if (isEncrypted) return { scheme: 'https', host: forwarded ?? authority, authority, isForeign: false };
  const isPortOfHttps = portOf(forwarded ?? authority) === httpsPort && local.port !== httpsPort;
  if (told.scheme === 'https' || isPortOfHttps) {
    const own = isNameOfOurs(authority, local) ? undefined : withPort(authority, named);
    return { scheme: 'https', host: forwarded ?? own, authority, isForeign: true };
  }
  const host = forwarded ?? authority;
  // What goes to the client's own machine is on no network.
  const isKnown = told.scheme === 'http' || !told.isForwarded || isLoopback(hostOf(host));
  const isForeign = !isKnown || (portOf(host) !== local.port && !isLoopback(hostOf(host)));
  return { scheme: isKnown ? 'http' : undefined, host, authority, isForeign };
}

/** The first that a header names: a list begins with the client's own. RFC 7239 has `unknown` and `_…` for what is kept back. */
function forwardedHost(headers: NamedHeaders): string | undefined {
  const hosts = [
    ...parseForwarded(headers.get('forwarded') ?? '').map(({ host = '' }) => host),
    ...elementsOf(headers.get('x-forwarded-host') ?? ''),
    ...elementsOf(headers.get('x-original-host') ?? ''),
  ];
  const first = hosts.find((host) => !/^(|unknown|_.*)$/i.test(host));
  return first === undefined ? undefined : withPort(first, headers);
}

/** Many proxies hand on the name without its port, and the port for itself. The usual ones need not be said. */
function withPort(host: string, headers: NamedHeaders): string {
  const port = elementsOf(headers.get('x-forwarded-port') ?? '')[0] ?? '';
  const isSaid = portIn(host) !== undefined || !/^\d{1,5}$/.test(port) || port === '80' || port === '443';
  return isSaid ? host : `${host}:${port}`;
}

/**
 * A name that a proxy has for us and its clients have not: our own address and port, or a short name, as container networks and the
 * `upstream` of nginx have them. In doubt it is one: no URL is better than one that leads elsewhere.
 */
function isNameOfOurs(authority: string, local: Connection['local']): boolean {
  const host = hostOf(authority).toLowerCase();
  const isOurPort = portOf(authority) === local.port;
  if (isOurPort && (isLoopback(host) || host === local.address.replace(/^::ffff:/, ''))) return true;
  return portIn(authority) === httpPort || (!/[.:]/.test(host) && host !== 'localhost');
}

const httpPort = 80;
const httpsPort = 443;
/** Without the brackets of IPv6. */
const hostOf = (authority: string): string => authority.replace(/:\d{1,5}$/, '').replace(/^\[|\]$/g, '');
const portIn = (authority: string): number | undefined => {
  const found = /^(?:[^:]*|\[.*\]):(\d{1,5})$/.exec(authority)?.[1];
  return found === undefined ? undefined : Number(found);
};
const portOf = (authority: string): number => portIn(authority) ?? httpPort;
const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1)$/i.test(host);
