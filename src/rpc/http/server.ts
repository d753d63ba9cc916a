// The HTTP/1.1 side of the one port: uploads, proofs, health. It does not listen; `front.ts` hands it its connections.
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { fail, failureFrom } from '../../errors.js';
import { parseArtifactId, parseRequestId } from '../../ids.js';
import { answerJson, type Exchange } from './exchange.js';
import { errorBody, httpStatusOf } from './failureStatus.js';
import { getHealth, type Health } from './getHealth.js';
import { type GetProofDependencies, getProof } from './getProof.js';
import { type GetRequestDependencies, getRequest } from './getRequest.js';
import { http1Exchange } from './http1.js';
import { type PutArtifactDependencies, putArtifact } from './putArtifact.js';

export type HttpDependencies = PutArtifactDependencies &
  GetRequestDependencies &
  GetProofDependencies & {
    readonly health: () => Health;
  };

const requestPath = /^\/requests\/([0-9a-f]{64})$/;
const artifactPath = /^\/artifacts\/([0-9a-f]{64})$/;

const serverOptions = {
  /** Request line and headers together; ours have under 1 KiB (bytes). */
  maxHeaderSize: 8 * 1024,
  /** From the first byte of a request to the end of its headers (ms). */
  headersTimeout: 20_000,
  /** Above the 60 s after which common load balancers close, so that it is never us who close under a request of theirs (ms). */
  keepAliveTimeout: 75_000,
  /** Uploads are ended when they make no progress (`progress.ts`), not when they take long. */
  requestTimeout: 0,
  connectionsCheckingInterval: 5_000,
  noDelay: true,
};
const maxHeadersCount = 64;

export function createHttpServer(dependencies: HttpDependencies): Server {
  const { clock } = dependencies;
  const server = createServer(serverOptions, (request, response) => {
    const exchange = http1Exchange(request, response, clock);
    if (exchange !== undefined) void serve(exchange, dependencies);
    else response.writeHead(400, { connection: 'close', 'content-length': 0 }).end();
  });
  server.maxHeadersCount = maxHeadersCount;
  server.on('clientError', refuseUnreadable);
  return server;
}

/** Never rejects: whatever a route throws becomes an answer, or a closed connection when one is under way already. */
async function serve(exchange: Exchange, dependencies: HttpDependencies): Promise<void> {
  const { log } = dependencies;
  try {
    await route(exchange, dependencies);
  } catch (thrown) {
    const reference = randomUUID();
    const failure = failureFrom(thrown, reference);
    const facts = { method: exchange.method, path: exchange.path, code: failure.code };
    // A client that went away explains every error after it, and there is nobody left to answer.
    if (exchange.signal.aborted) return log.debug({ event: 'http.gone', ...facts }, 'the client went away');
    if (failure.retry === 'bug')
      log.error({ event: 'http.failed', ...facts, reference, err: thrown }, 'unexpected error');
    else log.debug({ event: 'http.refused', ...facts }, 'refused');
    await answerJson(exchange, httpStatusOf(failure), errorBody(failure)).catch((error: unknown) =>
      log.debug({ event: 'http.unanswered', ...facts, err: error }, 'the client went away before its answer'),
    );
  }
}

async function route(exchange: Exchange, dependencies: HttpDependencies): Promise<void> {
  const { method, path } = exchange;
  const isRead = method === 'GET' || method === 'HEAD';
  if (path === '/health' && isRead) return getHealth(exchange, dependencies.health());
  const requestId = parseRequestId(requestPath.exec(path)?.[1] ?? '');
  if (requestId !== undefined && isRead) return getRequest(exchange, requestId, dependencies);
  const id = parseArtifactId(artifactPath.exec(path)?.[1] ?? '');
  if (id !== undefined && method === 'PUT') return putArtifact(exchange, id, dependencies);
  if (id !== undefined && isRead) return getProof(exchange, id, dependencies);
  const error = {
    code: 'NOT_FOUND',
    message: 'Nothing is served here. See /health; everything else goes by gRPC on this port.',
  };
  return answerJson(exchange, 404, { error });
}

/** Bytes that are no HTTP request: a short answer where one can still be sent. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  const status =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request';
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const failure = fail('MALFORMED_REQUEST', { field: 'HTTP request', problem: 'it cannot be read' });
  const body = `${JSON.stringify(errorBody(failure))}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
