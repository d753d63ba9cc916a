// One HTTP exchange on node:http: fetch cannot send a stream with a Content-Length, and times out on its own terms.
import { Agent as HttpAgent, type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { clientError } from './errors.js';
import type { HttpProxy } from './proxy.js';
import { openTunnel } from './tunnel.js';

/** Bytes whose number is known before they are read. `open` may be called again for another attempt. */
export interface SizedBody {
  readonly sizeBytes: number;
  open(): Readable;
}

export interface ExchangeParameters {
  readonly body?: SizedBody;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Through which proxy a URL is reached, if through any. */
  readonly proxyFor: (url: URL) => HttpProxy | undefined;
}

/** The connection failed before or during the exchange. */
export class ExchangeFailed extends Error {
  override readonly name = 'ExchangeFailed';
}

/** One exchange, by whatever way this client takes: the head of the answer, and its body to be read. */
export type Transfer = (
  method: 'GET' | 'PUT',
  url: string,
  parameters: Omit<ExchangeParameters, 'proxyFor'>,
) => Promise<Transferred>;

export interface Transferred {
  readonly httpStatus: number;
  readonly body: Readable;
}

/** Our own agents, because NODE_USE_ENV_PROXY may send Node's through a proxy. An idle connection stays open as long as theirs (ms). */
const ownAgent = { keepAlive: true, timeout: 5_000, scheduling: 'lifo' } as const;
const direct = { 'http:': new HttpAgent(ownAgent), 'https:': new HttpsAgent(ownAgent) };

const redirectStatuses = new Set([301, 302, 303, 307, 308]);
/** The SDK's HTTP library stops there too. */
const maxRedirects = 10;

/**
 * Resolves with the response once its head is there. The caller reads its body. Redirects of a GET are followed. Rejects with
 * ExchangeFailed, or with ABORTED when the signal fires (also while the body of the request is being sent).
 */
export async function exchange(
  method: 'GET' | 'PUT',
  url: string,
  { body, signal, headers = {}, proxyFor }: ExchangeParameters,
): Promise<IncomingMessage> {
  let at = new URL(url);
  for (let hop = 0; hop <= maxRedirects; hop++) {
    // Another origin must not see who calls.
    const shown = at.origin === new URL(url).origin ? headers : {};
    const response = await exchangeOnce(
      method,
      at,
      { body, signal, headers: shown },
      await connectionTo(at, proxyFor, signal),
    );
    const location = response.headers.location;
    if (method !== 'GET' || location === undefined || !redirectStatuses.has(response.statusCode ?? 0)) return response;
    response.resume();
    at = new URL(location, at);
  }
  throw new ExchangeFailed(`more than ${maxRedirects} redirects`);
}

type Connection = Pick<RequestOptions, 'agent' | 'createConnection'>;

async function connectionTo(
  url: URL,
  proxyFor: ExchangeParameters['proxyFor'],
  signal: AbortSignal,
): Promise<Connection> {
  const proxy = proxyFor(url);
  if (proxy === undefined) return { agent: url.protocol === 'https:' ? direct['https:'] : direct['http:'] };
  try {
    const socket = await openTunnel(proxy, url, signal);
    return { createConnection: () => socket };
  } catch (error) {
    if (signal.aborted) throw clientError('ABORTED', {}, { cause: signal.reason });
    throw new ExchangeFailed(reasonOf(error as Error), { cause: error });
  }
}

function exchangeOnce(
  method: string,
  url: URL,
  {
    body,
    signal,
    headers,
  }: { body: SizedBody | undefined; signal: AbortSignal; headers: ExchangeParameters['headers'] },
  connection: Connection,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': body.sizeBytes };
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request = send(url, { method, headers: { ...headers, ...length }, signal, ...connection });
    const source = body?.open();
    const fail = (error: Error) => {
      source?.destroy();
      if (signal.aborted) reject(clientError('ABORTED', {}, { cause: signal.reason }));
      else reject(new ExchangeFailed(reasonOf(error), { cause: error }));
    };
    request.on('error', fail);
    request.on('response', resolve);
    if (source === undefined) {
      request.end();
    } else {
      source.on('error', (error) => {
        // Ours, not the network's: a file that vanished is not there a second later either.
        reject(error);
        request.destroy();
      });
      source.pipe(request);
    }
  });
}

/** A connection that tried several addresses hides its reasons one level down. */
function reasonOf(error: Error): string {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  return (first as NodeJS.ErrnoException).code ?? error.message;
}

/** What an error response says, for a message: `error.message` of our service's JSON, else the first bytes as text. */
export async function readNotice(response: Readable, limitBytes = 2_000): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size >= limitBytes) break;
    }
  } catch {
    // It only garnishes an error that is being reported already.
  }
  const text = Buffer.concat(chunks).toString('utf8').slice(0, limitBytes);
  return spokenIn(text) ?? text.replace(/\s+/g, ' ').trim();
}

function spokenIn(text: string): string | undefined {
  try {
    const message = (JSON.parse(text) as { error?: { message?: unknown } } | null)?.error?.message;
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}
