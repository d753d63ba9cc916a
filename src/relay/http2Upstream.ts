// Asks an upstream by HTTP/2: gRPC, trailers and all.
import {
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { malformed } from '../failures/malformed.js';
import type { HeaderFields } from '../transport/http/exchange.js';
import { pump } from '../transport/pump.js';
import { watchEnd } from '../transport/watchEnd.js';
import { broken, brokenBy } from './brokenAnswer.js';
import { mostInterimAnswers } from './http1Upstream.js';
import { createHttp2Sessions, type HeldSession, type Http2SessionsParameters } from './http2Sessions.js';
import type { AskParameters, RelayedAnswer, RelayedRequest, Upstream } from './upstream.js';

export function createHttp2Upstream(parameters: Http2SessionsParameters): Upstream {
  const sessions = createHttp2Sessions(parameters);
  return {
    async ask(request, asked) {
      // One that was closed between its choice and its use has taken nothing.
      for (let tries = 0; ; tries += 1) {
        const held = await sessions.acquire(asked.signal);
        const stream = begin(held, request);
        if (stream !== undefined) return await answered(stream, request, asked);
        if (tries === 3) throw broken('its sessions end as soon as they begin');
      }
    },
    close: () => sessions.close(),
  };
}

/** Undefined when the session takes no streams any more. */
function begin({ session, release }: HeldSession, request: RelayedRequest): ClientHttp2Stream | undefined {
  try {
    const stream = session.request(headOf(request), { endStream: request.body === undefined });
    stream.once('close', release);
    return stream;
  } catch (error) {
    release();
    if (session.destroyed || session.closed) return undefined;
    const { code = '' } = error as NodeJS.ErrnoException;
    if (/^ERR_HTTP2_(GOAWAY_SESSION|INVALID_SESSION|OUT_OF_STREAMS)$/.test(code)) return undefined;
    const problem = 'its head cannot be passed on';
    throw malformed('request', problem, { cause: error });
  }
}

const headOf = ({ method, target, authority, headers }: RelayedRequest): OutgoingHttpHeaders => ({
  ':method': method,
  ':path': target,
  ':scheme': 'http',
  ...(authority !== '' && { ':authority': authority }),
  ...(headers as OutgoingHttpHeaders),
});

function answered(
  stream: ClientHttp2Stream,
  request: RelayedRequest,
  { signal, inform }: AskParameters,
): Promise<RelayedAnswer> {
  const isWhole = watchEnd(stream);
  let trailers: HeaderFields = {};
  stream.once('trailers', (received) => {
    trailers = received as HeaderFields;
  });
  return new Promise((resolve, reject) => {
    let interim = 0;
    let isAnswered = false;
    const refuse = (error: unknown) => {
      if (!isAnswered) reject(signal.aborted ? signal.reason : brokenBy(error));
    };
    const leave = () => giveUp(stream, signal.reason as Error);
    stream.on('error', refuse);
    stream.once('close', () => {
      signal.removeEventListener('abort', leave);
      refuse(undefined);
    });
    stream.on('headers', (headers: IncomingHttpHeaders & IncomingHttpStatusHeader) => {
      interim += 1;
      if (interim > mostInterimAnswers) stream.destroy(broken('it answers without coming to its answer'));
      else inform(headers[':status'] ?? 0, headers as HeaderFields);
    });
    stream.once('response', (headers, flags) => {
      isAnswered = true;
      const hasBody = (flags & constants.NGHTTP2_FLAG_END_STREAM) === 0;
      if (!hasBody) stream.resume();
      resolve({
        status: headers[':status'] ?? 0,
        headers: headers as HeaderFields,
        body: hasBody ? stream : undefined,
        trailers() {
          if (hasBody && !isWhole()) throw broken('it broke off');
          return trailers;
        },
      });
    });
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave);
    if (request.body !== undefined)
      pump(request.body, stream).then(
        () => stream.end(),
        (error: Error) => stream.destroy(error),
      );
  });
}

/** `close` would say first that a body which has not ended has. */
function giveUp(stream: ClientHttp2Stream, reason: Error): void {
  if (stream.writableEnded) stream.close(constants.NGHTTP2_CANCEL);
  else stream.destroy(reason);
}
