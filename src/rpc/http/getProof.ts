// GET and HEAD /artifacts/<id>: a finished proof, raw, for anyone who has its URL. The SDK fetches it without any header of its own and
// gives up at once on most errors, so this route has no queue and no switch.

import type { Catalog } from '../../artifacts/catalog.js';
import type { ArtifactBackend } from '../../artifacts/port.js';
import type { Clock } from '../../clock.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { ArtifactId } from '../../ids.js';
import type { ProofRef } from '../../machines/request/rules.js';
import { teeHeadersOf } from '../../tee/teeHeaders.js';
import { parseRange } from '../../transport/http/byteRange.js';
import type { Exchange } from '../../transport/http/exchange.js';
import { type Route, reads } from '../../transport/http/routes.js';
import { downloadWindowMs, watchProgress } from '../../transport/http/stalled.js';
import { artifactPath } from './artifactPath.js';

export interface GetProofDependencies {
  readonly catalog: Pick<Catalog, 'lookup'>;
  readonly backend: Pick<ArtifactBackend, 'open'>;
  readonly clock: Clock;
  /** The proof as its request has it, once that is fulfilled, durably. Undefined before. */
  readonly visible: (id: ArtifactId) => ProofRef | undefined;
}

/** Throws ARTIFACT_NOT_FOUND for everything that is not a visible proof: the answer must not reveal that an input's id exists. */
export async function getProof(exchange: Exchange, id: ArtifactId, dependencies: GetProofDependencies): Promise<void> {
  const { catalog, backend, clock, visible } = dependencies;
  const record = catalog.lookup(id);
  const proof = record?.kind === 'proof' ? visible(id) : undefined;
  if (record === undefined || proof === undefined)
    throw new FailureError(fail('ARTIFACT_NOT_FOUND', { artifactId: id }));
  const { sha256, sizeBytes } = record;
  const etag = `"${sha256}"`;
  const ifRange = exchange.headers['if-range'];
  const range = ifRange === undefined || ifRange === etag ? parseRange(exchange.headers.range, sizeBytes) : 'whole';
  const headers = {
    'content-type': proof.signer === undefined ? 'application/octet-stream' : 'application/json',
    ...(proof.signer && teeHeadersOf(proof.signer)),
    'accept-ranges': 'bytes',
    etag,
  };
  if (range === 'unsatisfiable') {
    return exchange.answer({
      status: 416,
      headers: { ...headers, 'content-range': `bytes */${sizeBytes}`, 'content-length': 0 },
    });
  }
  const isWhole = range === 'whole';
  const answer = {
    status: isWhole ? 200 : 206,
    headers: {
      ...headers,
      'content-length': isWhole ? sizeBytes : range.end - range.start + 1,
      ...(isWhole ? {} : { 'content-range': `bytes ${range.start}-${range.end}/${sizeBytes}` }),
    },
  };
  if (exchange.method === 'HEAD') return exchange.answer(answer);

  const body = await backend.open({ id, sha256, sizeBytes }, record, isWhole ? undefined : range);
  const stalled = () => void body.destroy(new Error('the client stopped reading'));
  const stopWatching = watchProgress(
    clock,
    { movedBytes: exchange.sentBytes, isClientsTurn: () => true, windowMs: downloadWindowMs },
    stalled,
  );
  try {
    await exchange.answer({ ...answer, body });
  } finally {
    stopWatching();
    // When the client went away before its answer began, the file was not read and nothing else would close it.
    body.destroy();
  }
}

/** For everybody who has the URL. */
export const proofRoute = (dependencies: GetProofDependencies): Route => ({
  // By POST it is asked for by those whose request is to have a body: one that is sealed has a sealed answer.
  methods: [...reads, 'POST'],
  path: artifactPath,
  answer: (exchange, id) => getProof(exchange, id as ArtifactId, dependencies),
});
