// Through which proxy a connection to a service goes, by the usual variables of the environment. One rule for calls and transfers: the
// library for calls has a rule of its own, Node has another, and with both a call could arrive and its upload not.
import { BlockList, isIP, isIPv6 } from 'node:net';
import { clientError } from './errors.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** An HTTP proxy that opens tunnels (CONNECT). */
export interface HttpProxy {
  /** Without the brackets of IPv6. */
  readonly hostname: string;
  readonly port: number;
  /** `name:password`, for Basic authentication. Never shown. */
  readonly credentials: string | undefined;
  /** Which variable names it. */
  readonly variable: string;
}

/** This machine: 0.0.0.0 and :: lead here too. Addresses of IPv4 within IPv6 are found by their IPv4 ones. */
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('0.0.0.0', 'ipv4');
loopback.addAddress('::1', 'ipv6');
loopback.addAddress('::', 'ipv6');

/** By its name alone: names are not resolved here, and one that an operator has led to this machine is exempted by NO_PROXY. */
export function isLoopback(hostname: string): boolean {
  const host = bare(hostname);
  return host === 'localhost' || host.endsWith('.localhost') || isWithin(loopback, host);
}

/**
 * The proxy for this URL: grpc_proxy, else http_proxy or https_proxy by the URL's scheme, else all_proxy, in lower or upper case. None
 * to this machine, whatever the environment says, and to what no_proxy or no_grpc_proxy names. Throws PROXY_INVALID.
 * @internal
 */
export function proxyFor(url: URL, environment: Environment): HttpProxy | undefined {
  if (isLoopback(url.hostname) || isExempt(url, environment)) return undefined;
  for (const name of ['grpc_proxy', `${url.protocol.replace(':', '')}_proxy`, 'all_proxy']) {
    const [variable, value] = read(environment, name);
    if (value !== '') return parseProxy(variable, value, url);
  }
  return undefined;
}

/** The variable as it is spelt, and its value: lower case goes first, as curl has it. Empty is as good as not set. */
function read(environment: Environment, name: string): [variable: string, value: string] {
  const spelt = Object.keys(environment).filter((key) => key.toLowerCase() === name && environment[key]?.trim());
  const variable = spelt.find((key) => key === name) ?? spelt[0] ?? name;
  return [variable, environment[variable]?.trim() ?? ''];
}

function parseProxy(variable: string, value: string, { hostname }: URL): HttpProxy {
  const text = value.includes('://') ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // Going there directly would defy the person who set the variable.
  if (url?.protocol !== 'http:' || url.hostname === '') throw clientError('PROXY_INVALID', { variable, hostname });
  return {
    hostname: bare(url.hostname),
    port: Number(url.port || 80),
    credentials: url.username === '' ? undefined : `${decoded(url.username)}:${decoded(url.password)}`,
    variable,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isExempt(url: URL, environment: Environment): boolean {
  const host = bare(url.hostname);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const entries = ['no_proxy', 'no_grpc_proxy'].flatMap((name) => read(environment, name)[1].split(/[\s,]+/));
  return entries.some((entry) => entry !== '' && names(entry.toLowerCase(), host, port));
}

/** Whether an entry of NO_PROXY names this host: *, an address or range, or a domain with what lies below, with or without a port. */
function names(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const [, beforePort, ownPort] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
  if (ownPort !== undefined && ownPort !== port) return false;
  const name = bare(beforePort ?? entry).replace(/^\*?\./, '');
  if (isIP(host) === 0) return host === name || host.endsWith(`.${name}`);
  return isWithin(rangeOf(name), host);
}

function rangeOf(text: string): BlockList {
  const range = new BlockList();
  const [address = '', prefix] = text.split('/');
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  const bits = Number(prefix);
  if (isIP(address) === 0) return range;
  if (prefix === undefined) range.addAddress(address, family);
  else if (/^\d+$/.test(prefix) && bits <= (family === 'ipv6' ? 128 : 32)) range.addSubnet(address, bits, family);
  return range;
}

const isWithin = (range: BlockList, host: string): boolean =>
  isIP(host) !== 0 && range.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');

/** Without brackets, and without the dot that ends a full name. */
const bare = (hostname: string): string =>
  hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
