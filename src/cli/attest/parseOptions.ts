// Options of `attest` as commander hands them over. It loads nothing: the help of every other command passes through here.
import { isIP } from 'node:net';
import { InvalidArgumentError } from 'commander';
import { type ListenAddress, parseListenAddress } from '../../config/listenAddress.js';
import { parseSizeBytes } from '../../config/size.js';

/** Seconds since 1970, or 2026-01-31T12:00:00Z → seconds. */
export function parseTime(text: string): number {
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text);
  const seconds = /^[1-9]\d{0,11}$/.test(text) ? Number(text) : isTime ? Date.parse(text) / 1000 : Number.NaN;
  if (Number.isNaN(seconds))
    throw new InvalidArgumentError('Write seconds since 1970, or a time like 2026-01-31T12:00:00Z.');
  return seconds;
}

/** http or https, without user and password. */
export function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new InvalidArgumentError('Write a URL like https://prover.example.org, without user and password.');
  return url;
}

/** `192.0.2.1`, `192.0.2.1:53`, `[2001:db8::1]:53`. */
export function parseDnsServer(text: string): string {
  const [, v6, v4] = /^(?:\[([0-9a-f:]+)\](?::\d{1,5})?|([0-9.]+)(?::\d{1,5})?)$/i.exec(text) ?? [];
  if (isIP(v6 ?? v4 ?? '') === 0 && isIP(text) === 0)
    throw new InvalidArgumentError(
      'Write the address of a DNS server, with its port if that is not 53: 192.0.2.1:5353.',
    );
  return text;
}

/** `0.0.0.0:443`, `[::]:443`, `8443`. */
export function parseListen(text: string): ListenAddress {
  const address = parseListenAddress(text);
  if (address === undefined) throw new InvalidArgumentError('Write HOST:PORT, for example 0.0.0.0:443.');
  return address;
}

/** `2GiB` → bytes. */
export function parseSize(text: string): number {
  const bytes = parseSizeBytes(text);
  if (bytes === undefined) throw new InvalidArgumentError('Write a size such as 512MiB or 2GiB.');
  return bytes;
}

/** A host name or an IP address, without a port. */
export function parseHost(text: string): string {
  const isName = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/i.test(text);
  if (!isName && isIP(text) === 0)
    throw new InvalidArgumentError('Write a host name or an IP address, without scheme and port.');
  return text;
}

/** http or https, and nothing behind the port: paths are passed on as they are. */
export function parseOrigin(text: string): URL {
  const url = parseUrl(text);
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    throw new InvalidArgumentError('Write an origin like http://127.0.0.1:8080, without a path.');
  return url;
}
