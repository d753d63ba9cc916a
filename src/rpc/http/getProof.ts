// GET and HEAD /artifacts/<id>: a finished proof, raw, to whoever has its URL. The SDK fetches it without any header of its own and
// gives up at once on most errors, so this route has no queue and no switch.

import type { Catalog } from '../../artifacts/catalog.js';
import type { ArtifactBackend } from '../../artifacts/port.js';
import type { Clock } from '../../clock.js';
import { FailureError, fail } from '../../errors.js';
import type { ArtifactId } from '../../ids.js';
import { parseRange } from './byteRange.js';
import type { Exchange } from './exchange.js';
import { downloadWindowMs, watchProgress } from './progress.js';

export interface GetProofDependencies {
  readonly catalog: Pick<Catalog, 'lookup'>;
  readonly backend: Pick<ArtifactBackend, 'open'>;
  readonly clock: Clock;
  /** Whether the proof has become visible: its request is fulfilled, durably. */
  readonly visible: (id: ArtifactId) => boolean;
}

/** Throws ARTIFACT_NOT_FOUND for everything that is not a visible proof: an input's id must not even be told to exist. */
export async function getProof(exchange: Exchange, id: ArtifactId, dependencies: GetProofDependencies): Promise<void> {
  const { catalog, backend, clock, visible } = dependencies;
  const record = catalog.lookup(id);
  if (record?.kind !== 'proof' || !visible(id)) throw new FailureError(fail('ARTIFACT_NOT_FOUND', { artifactId: id }));
  const { sha256, sizeBytes } = record;
  const etag = `"${sha256}"`;
  const ifRange = exchange.headers['if-range'];
  const range = ifRange === undefined || ifRange === etag ? parseRange(exchange.headers.range, sizeBytes) : 'whole';
  const headers = { 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes', etag };
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
    // When the client went away before its answer began, nobody has read the file, and nobody else would close it.
    body.destroy();
  }
}
