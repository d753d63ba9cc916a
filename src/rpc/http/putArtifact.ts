// PUT /artifacts/<id>?…: takes in a program or stdin, raw (SDK 5) or zstd (SDK 6). The URL itself is the permission.

import type { Capabilities } from '../../artifacts/capability.js';
import { artifactUri } from '../../artifacts/capability.js';
import type { Catalog } from '../../artifacts/catalog.js';
import { type ArtifactBackend, encodedLimit } from '../../artifacts/port.js';
import type { Slots } from '../../artifacts/slots.js';
import type { Clock } from '../../clock.js';
import type { Failure } from '../../failures/catalog.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { Address, ArtifactId } from '../../ids.js';
import type { Log } from '../../log.js';
import { answerJson, type Exchange } from '../../transport/http/exchange.js';
import type { Route } from '../../transport/http/routes.js';
import { artifactPath } from './artifactPath.js';
import { announcedBytesOf, whileMoving } from './whileMoving.js';

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
  /** Called with what is stored, before the answer. */
  readonly onStored?: ((id: ArtifactId, owner: Address) => Promise<void>) | undefined;
  /** Why nothing new is taken in now (STARTING, DRAINING). Undefined while uploads are taken. */
  readonly refusal: () => Failure | undefined;
}

/**
 * Answers 200 when the bytes are durable and recorded. Throws the Failures of `Capabilities.check`, `Slots.acquire`,
 * `Catalog.upload` and `onStored`.
 */
async function putArtifact(exchange: Exchange, id: ArtifactId, dependencies: PutArtifactDependencies): Promise<void> {
  const { capabilities, slots, catalog, backend, clock, log } = dependencies;
  const refusal = dependencies.refusal();
  if (refusal !== undefined) throw new FailureError(refusal);
  const checked = capabilities.check(id, exchange.query);
  if (!checked.ok) throw new FailureError(checked.failure);
  const claims = checked.value;
  const limitBytes = dependencies.limitBytes[claims.kind];
  const announcedBytes = announcedBytesOf(exchange);
  if (announcedBytes !== undefined && announcedBytes > encodedLimit(limitBytes)) {
    throw new FailureError(fail('ARTIFACT_TOO_LARGE', { kind: claims.kind, limitBytes }));
  }

  const startedAt = clock.steady();
  await whileMoving(exchange, { clock, artifactId: id }, async (signal) => {
    const limits = { limitBytes, announcedBytes };
    const giveBack = await slots.acquire(claims.owner, signal);
    // Only now: until one of its uploads runs, a session holds a stranger's share.
    exchange.expectMuch();
    const uploaded = catalog.upload(claims, {
      receive: (nameFile) => backend.receive(id, claims, exchange.body, limits, signal, nameFile),
      measure: () => backend.measure(id, claims, exchange.body, limits, signal),
      announcedBytes,
    });
    const { kind, sha256, sizeBytes, spent } = await uploaded.finally(giveBack);
    await dependencies.onStored?.(id, claims.owner);
    const facts = { artifactId: id, kind, sha256, sizeBytes, durationMs: clock.steady() - startedAt };
    if (spent) log.info({ event: 'artifact.spent', ...facts }, 'its request has ended: compared, not stored');
    else log.info({ event: 'artifact.stored', ...facts }, 'artifact stored');
    await answerJson(exchange, 200, { artifact: artifactUri(id), sha256, sizeBytes });
  });
}

export const uploadRoute = (dependencies: PutArtifactDependencies): Route => ({
  methods: ['PUT'],
  path: artifactPath,
  answer: (exchange, id) => putArtifact(exchange, id as ArtifactId, dependencies),
});
