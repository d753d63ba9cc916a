// Where a service is asked: at its socket, or at its port for operators by a URL and a token.
import { type ClientRequest, type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isLoopbackHost } from '../../config/listenAddress.js';
import { CliError, usageExitCode } from '../cli.js';

export interface Place {
  /** For messages. */
  readonly name: string;
  readonly isSocket: boolean;
  /** Opens a request there, with what lets it in. */
  request(
    options: Pick<RequestOptions, 'method' | 'path' | 'headers' | 'signal'>,
    onResponse: (response: IncomingMessage) => void,
  ): ClientRequest;
}

export const socketAt = (socketPath: string): Place => ({
  name: socketPath,
  isSocket: true,
  request: (options, onResponse) => requestHttp({ ...options, socketPath, agent: false }, onResponse),
});

/** What is shown at a port: a token (16 to 512 visible characters), a client certificate, or both; and who vouches for the service (PEM). */
export interface Credentials {
  readonly token?: string | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
  readonly ca?: Buffer | undefined;
}

export function portAt(url: URL, { token, ...tls }: Credentials): Place {
  const { protocol, port } = url;
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const shown = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return {
    name: url.origin,
    isSocket: false,
    request: ({ headers, ...options }, onResponse) => {
      const sent = { ...options, hostname, port, agent: false, headers: { ...(headers as object), ...shown } };
      return protocol === 'https:' ? requestHttps({ ...sent, ...tls }, onResponse) : requestHttp(sent, onResponse);
    },
  };
}

/** Throws CliError for what is no origin, or one to which a token must not go. */
export function parseAdminUrl(text: string): URL {
  const wrong = (problem: string) => new CliError('ADMIN_URL_WRONG', problem, usageExitCode);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.pathname === '/' &&
    url.search + url.hash + url.username + url.password === '';
  if (!isOrigin) throw wrong('The URL of operators is an origin such as https://prover.example.org:9000.');
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname.replace(/^\[|\]$/g, '')))
    throw wrong(`The token goes to another machine by TLS alone: use https://${url.host}.`);
  return url;
}
