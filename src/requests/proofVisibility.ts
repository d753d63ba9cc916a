// Which proof may be downloaded: that of a request which is fulfilled, and durably so. A proof that is verified still, or was rejected,
// lies in the same folder and is shown to no client.

import type { ArtifactId, RequestId } from '../ids.js';
import type { ProofRef } from '../machines/request/rules.js';
import type { ArtifactRecord } from '../store/buckets.js';
import type { Registry } from './registry.js';

export const proofVisibility =
  (
    records: { lookup(id: ArtifactId): Pick<ArtifactRecord, 'references'> | undefined },
    registry: Pick<Registry, 'view'>,
  ): ((id: ArtifactId) => ProofRef | undefined) =>
  (id) => {
    const owner = records.lookup(id)?.references[0] as RequestId | undefined;
    const view = owner === undefined ? undefined : registry.view(owner);
    return view?.state === 'fulfilled' && view.proof.id === id ? view.proof : undefined;
  };
