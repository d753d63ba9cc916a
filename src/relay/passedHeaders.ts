// Which header lines a relay hands on, in either direction. What only a relay of ours may assert is dropped, whoever sends it.
import type { IncomingHttpHeaders } from 'node:http';
import type { HeaderFields } from '../transport/http/exchange.js';

/** They are about one connection (RFC 9110, 7.6.1), have been answered here (`expect`), or announce what comes anyhow (`trailer`). */
const ofConnection = new Set([
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Some servers take an underscore for a hyphen. */
const isAsserted = (name: string): boolean => /^(attestation|x[-_]flashbots)([-_]|$)/.test(name);

/** Of a request. The name of the host goes by itself. */
export function passedRequestHeaders(headers: IncomingHttpHeaders, protocol: 'http1' | 'http2'): HeaderFields {
  const { host: _, ...passed } = passedHeaders(headers as HeaderFields);
  const takesTrailers = protocol === 'http2' && /(^|,)\s*trailers\s*(,|;|$)/.test(`${headers['te'] ?? ''}`);
  return takesTrailers ? { ...passed, te: 'trailers' } : passed;
}

/** Of an answer, and of what follows it. Pseudo headers of HTTP/2 are none of them. */
export function passedHeaders(headers: HeaderFields): Record<string, HeaderFields[string]> {
  const { connection } = headers;
  const named = connection === undefined ? undefined : `${connection}`.toLowerCase().split(/\s*,\s*/);
  const passed: Record<string, HeaderFields[string]> = {};
  for (const name in headers) {
    if (name.startsWith(':') || ofConnection.has(name) || isAsserted(name) || named?.includes(name)) continue;
    const value = headers[name];
    // `__proto__` is a token of HTTP too.
    if (value !== undefined && name !== '__proto__' && isWritable(value)) passed[name] = value;
  }
  return passed;
}

/** What one version of HTTP takes and another does not is left out. */
const isWritable = (value: HeaderFields[string]): boolean =>
  typeof value === 'object' ? value.every((each) => !unwritable.test(each)) : !unwritable.test(`${value}`);

/** Neither visible, nor a tab, nor obs-text (RFC 9110, 5.5). */
const unwritable = /[^\t\x20-\x7e\x80-\xff]/;

/** Whether a request has been at the relay of this name before. */
export const hasPassed = (headers: IncomingHttpHeaders, name: string): boolean =>
  `${headers.via ?? ''}`.split(',').some((each) => each.trim().split(/\s+/)[1] === name);

export const withVia = (headers: HeaderFields, name: string): HeaderFields => {
  const before = headers['via'];
  return { ...headers, via: `${before === undefined ? '' : `${before}, `}1.1 ${name}` };
};
