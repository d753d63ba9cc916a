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

/** `token`: 16 to 512 visible characters. */
export function portAt(url: URL, token: string): Place {
  const { protocol, port } = url;
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const send = protocol === 'https:' ? requestHttps : requestHttp;
  return {
    name: url.origin,
    isSocket: false,
    request: ({ headers, ...options }, onResponse) => {
      const own = { ...(headers as object), authorization: `Bearer ${token}` };
      return send({ ...options, hostname, port, agent: false, headers: own }, onResponse);
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
