// PUT /artifacts/<id>?…: takes in a program or stdin, raw (SDK 5) or zstd (SDK 6). The URL itself is the permission.

import type { Capabilities } from '../../artifacts/capability.js';
import { artifactUri } from '../../artifacts/capability.js';
import type { Catalog } from '../../artifacts/catalog.js';
import type { ArtifactBackend } from '../../artifacts/port.js';
import type { Slots } from '../../artifacts/slots.js';
import { encodedLimit } from '../../artifacts/uploadLimit.js';
import type { Clock } from '../../clock.js';
import { type Failure, FailureError, fail } from '../../errors.js';
import type { ArtifactId } from '../../ids.js';
import type { Log } from '../../log.js';
import { answerJson, type Exchange } from './exchange.js';
import { watchProgress } from './progress.js';

export interface PutArtifactDependencies {
  readonly capabilities: Pick<Capabilities, 'check'>;
  /** Uploads at once. */
  readonly slots: Slots;
  readonly catalog: Pick<Catalog, 'upload'>;
  readonly backend: Pick<ArtifactBackend, 'receive' | 'measure'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Largest upload of a kind, in decompressed bytes. */
  readonly limitBytes: Readonly<Record<'program' | 'stdin', number>>;
  /** Why nothing new is taken in now (STARTING, DRAINING); undefined when it is. */
  readonly refusal: () => Failure | undefined;
}

/**
 * Answers 200 when the bytes are durable and recorded. Throws the Failures of `Capabilities.check`, `Slots.acquire` and
 * `Catalog.upload`.
 */
export async function putArtifact(
  exchange: Exchange,
  id: ArtifactId,
  dependencies: PutArtifactDependencies,
): Promise<void> {
  const { capabilities, slots, catalog, backend, clock, log } = dependencies;
  const refusal = dependencies.refusal();
  if (refusal !== undefined) throw new FailureError(refusal);
  const checked = capabilities.check(id, exchange.query);
  if (!checked.ok) throw new FailureError(checked.failure);
  const claims = checked.value;
  const limitBytes = dependencies.limitBytes[claims.kind];
  const announced = exchange.headers['content-length'];
  const announcedBytes = announced === undefined ? undefined : Number(announced);
  if (announcedBytes !== undefined && announcedBytes > encodedLimit(limitBytes)) {
    throw new FailureError(fail('ARTIFACT_TOO_LARGE', { kind: claims.kind, limitBytes }));
  }

  const startedAt = clock.now();
  const startBytes = exchange.receivedBytes();
  const stalled = new AbortController();
  const isClientsTurn = () => exchange.body.readableLength === 0 && !exchange.body.readableEnded;
  const stopWatching = watchProgress(clock, { movedBytes: exchange.receivedBytes, isClientsTurn }, () =>
    stalled.abort(),
  );
  try {
    const signal = AbortSignal.any([exchange.signal, stalled.signal]);
    const limits = { limitBytes, announcedBytes };
    const giveBack = await slots.acquire(claims.owner, signal);
    // Only now: until one of its uploads runs, a session holds a stranger's share.
    exchange.expectMuch();
    const uploaded = catalog.upload(claims, {
      receive: () => backend.receive(id, claims, exchange.body, limits, signal),
      measure: () => backend.measure(id, claims, exchange.body, limits, signal),
      announcedBytes,
    });
    const { kind, sha256, sizeBytes, spent } = await uploaded.finally(giveBack);
    const facts = { artifactId: id, kind, sha256, sizeBytes, durationMs: clock.now() - startedAt };
    if (spent) log.info({ event: 'artifact.spent', ...facts }, 'its request has ended: compared, not stored');
    else log.info({ event: 'artifact.stored', ...facts }, 'artifact stored');
    await answerJson(exchange, 200, { artifact: artifactUri(id), sha256, sizeBytes });
  } catch (thrown) {
    if (!stalled.signal.aborted) throw thrown;
    const receivedBytes = exchange.receivedBytes() - startBytes;
    throw new FailureError(fail('ARTIFACT_INCOMPLETE', { artifactId: id, receivedBytes }), { cause: thrown });
  } finally {
    stopWatching();
  }
}
