// What headers say of the scheme by which a client reached whatever stands in front of us. Proxies have many names for it, and none is
// left out: to miss one is to send a private input in the clear, to see one too many is a URL that does not answer.

import { parseForwarded } from './forwardedHeader.js';
import { elementsOf, type NamedHeaders } from './namedHeaders.js';

export interface Told {
  /** Undefined: no header says it. */
  readonly scheme: 'https' | 'http' | undefined;
  /** Something in front has put a header of its own. */
  readonly isForwarded: boolean;
}

export function toldBy(headers: NamedHeaders): Told {
  const schemes: ('https' | 'http')[] = [];
  let isForwarded = false;
  for (const [name, value] of headers) {
    schemes.push(...schemesIn(name, value));
    isForwarded ||= ofProxies.test(name);
  }
  // Of several hops and several headers the strongest counts: nothing is weaker then than any of them.
  const scheme = schemes.includes('https') ? 'https' : schemes[0];
  return { scheme, isForwarded: isForwarded || scheme !== undefined };
}

/** By any of these something in front shows itself. */
const ofProxies =
  /^(forwarded$|x-forwarded(-|$)|x-original-|via$|x-real-ip$|(x-|true-|x-cluster-)client-ip$|cf-(connecting-ip|ray)$|cdn-loop$|x-envoy-|x-azure-|x-nginx-proxy$)/;

/** X-Forwarded-Proto, -Protocol and -Scheme, X-Url-Scheme, X-Scheme, CloudFront-Forwarded-Proto, X-Original-Proto. */
const namesScheme = /^[^:]*(^|-)(proto|protocol|protocols|scheme)$/;
/** X-Forwarded-Ssl, Front-End-Https, X-Arr-Ssl, Fastly-SSL, X-Amzn-Tls-Version, Wl-Proxy-Ssl: they say yes, or describe the TLS that there was. */
const namesTls = /(^|-)(ssl|tls|mtls|https)(-|$)/;
const negative = /^(0|off|no|false|none|null|unset|disabled|-|http)?$/i;

function schemesIn(name: string, value: string): ('https' | 'http')[] {
  // Of the last hop, unless that one hands on what it was asked: only the stronger one says anything.
  if (name === ':scheme') return schemesOf([value]).filter((scheme) => scheme === 'https');
  if (name === 'forwarded' || name === 'x-forwarded')
    return schemesOf([...parseForwarded(value).map(({ proto = '' }) => proto), ...loose(value)]);
  if (name === 'cf-visitor') return schemesOf([/"scheme"\s*:\s*"(\w+)"/i.exec(value)?.[1] ?? '']);
  if (namesScheme.test(name)) return schemesOf(elementsOf(value));
  if (name === 'x-forwarded-port') return elementsOf(value).flatMap((port) => usualPorts[port] ?? []);
  // Envoy's account of the certificate that its client has shown.
  if (namesTls.test(name) || name === 'x-forwarded-client-cert')
    return elementsOf(value).some((part) => !negative.test(part)) ? ['https'] : [];
  return [];
}

const usualPorts: Readonly<Record<string, 'https' | 'http'>> = { 443: 'https', 80: 'http' };

/** Also where a client has sent half a quote, which a proxy has added its own to. */
const loose = (forwarded: string): string[] =>
  [...forwarded.matchAll(/proto\s?=\s?\\?"?(\w+)/gi)].map(([, word = '']) => word);

const schemesOf = (words: readonly string[]): ('https' | 'http')[] =>
  words.flatMap((text) => {
    const word = text
      .trim()
      .toLowerCase()
      .replace(/:?\/{0,2}$/, '');
    if (/^(https|wss|grpcs|tls|ssl|on)$/.test(word)) return ['https' as const];
    return /^(http|ws|grpc|off)$/.test(word) ? ['http' as const] : [];
  });
