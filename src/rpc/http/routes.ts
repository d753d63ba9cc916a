// The HTTP routes of the one port: uploads, proofs, health. The same over HTTP/1.1 and HTTP/2.
import { randomUUID } from 'node:crypto';
import { FailureError, fail, failureFrom } from '../../errors.js';
import { parseArtifactId, parseRequestId } from '../../ids.js';
import type { Admit } from '../access/access.js';
import { answerJson, type Exchange } from './exchange.js';
import { errorBody, httpStatusOf } from './failureStatus.js';
import { getHealth, type Health } from './getHealth.js';
import { type GetProofDependencies, getProof } from './getProof.js';
import { type GetRequestDependencies, getRequest } from './getRequest.js';
import { type PutArtifactDependencies, putArtifact } from './putArtifact.js';

export type RouteDependencies = PutArtifactDependencies &
  GetRequestDependencies &
  GetProofDependencies & {
    readonly health: () => Health;
    /** Asked before a request is shown; artifacts and health are for everybody who has the URL. */
    readonly admit: Admit;
  };

/** Never rejects: whatever a route throws becomes an answer, or the end of a stream when one is under way already. */
export type Routes = (exchange: Exchange) => Promise<void>;

const requestPath = /^\/requests\/([0-9a-f]{64})$/;
const artifactPath = /^\/artifacts\/([0-9a-f]{64})$/;

export const createRoutes =
  (dependencies: RouteDependencies): Routes =>
  (exchange) =>
    serve(exchange, dependencies);

async function serve(exchange: Exchange, dependencies: RouteDependencies): Promise<void> {
  const { log } = dependencies;
  try {
    await route(exchange, dependencies);
  } catch (thrown) {
    const failure = failureFrom(thrown, randomUUID());
    const facts = { method: exchange.method, path: exchange.path, code: failure.code };
    // A client that went away explains every error after it, and there is nobody left to answer.
    if (exchange.signal.aborted) return log.debug({ event: 'http.gone', ...facts }, 'the client went away');
    if (failure.code === 'INTERNAL')
      log.error({ event: 'http.failed', ...facts, reference: failure.reference, err: thrown }, 'unexpected error');
    else log.debug({ event: 'http.refused', ...facts }, 'refused');
    await answerJson(exchange, httpStatusOf(failure), errorBody(failure)).catch((error: unknown) =>
      log.debug({ event: 'http.unanswered', ...facts, err: error }, 'the client went away before its answer'),
    );
  }
}

async function route(exchange: Exchange, dependencies: RouteDependencies): Promise<void> {
  const { method, path, refusal } = exchange;
  if (refusal !== undefined) throw new FailureError(refusal);
  if (path === undefined)
    throw new FailureError(fail('MALFORMED_REQUEST', { field: 'request target', problem: 'it is not a path' }));
  const isRead = method === 'GET' || method === 'HEAD';
  if (path === '/health' && isRead) return getHealth(exchange, dependencies.health());
  const requestId = parseRequestId(requestPath.exec(path)?.[1] ?? '');
  if (requestId !== undefined && isRead) {
    dependencies.admit({ authorization: exchange.headers.authorization, peer: exchange });
    return getRequest(exchange, requestId, dependencies);
  }
  const id = parseArtifactId(artifactPath.exec(path)?.[1] ?? '');
  if (id !== undefined && method === 'PUT') return putArtifact(exchange, id, dependencies);
  if (id !== undefined && isRead) return getProof(exchange, id, dependencies);
  const error = {
    code: 'NOT_FOUND',
    message: 'Nothing is served here. See /health; everything else goes by gRPC on this port.',
  };
  return answerJson(exchange, 404, { error });
}
