// What a request leaves behind when it ends: its proof, and what goes: its private input, proofs of tries that did not count, results.
// The records are written in the transaction that ends it; the files follow, and the next boot's sweep finds any that a crash left.

import type { Catalog } from '../artifacts/catalog.js';
import type { ArtifactBackend } from '../artifacts/port.js';
import type { ProofIds } from '../artifacts/proofIds.js';
import type { ArtifactId } from '../ids.js';
import type { Log } from '../log.js';
import { isTerminal, type RequestView } from '../machines/requestView.js';
import type { Transaction } from '../store/environment.js';
import { proofPlaceOf, stdinPlaceOf } from './effects/places.js';

export interface Leftovers {
  /** Records the proof and when it expires, and removes the records of what goes. Nothing to do while the request is open. */
  writeRecords(tx: Transaction, view: RequestView): void;
  /** Removes the files, once the records are gone for good. Never rejects. */
  removeFiles(view: RequestView): Promise<void>;
}

export function createLeftovers(parameters: {
  catalog: Catalog;
  artifacts: ArtifactBackend;
  proofIds: ProofIds;
  log: Log;
  proofRetentionMs: number;
}): Leftovers {
  const { catalog, artifacts, proofIds, log } = parameters;

  function abandonedProofs(view: RequestView): ArtifactId[] {
    const kept = view.state === 'fulfilled' ? view.proof.id : undefined;
    const all = Array.from({ length: view.proveTries }, (_, index) => proofIds(view.request.requestId, index + 1));
    return all.filter((id) => id !== kept);
  }

  return {
    writeRecords(tx, view) {
      if (!isTerminal(view)) return;
      const { requestId, requester, stdin } = view.request;
      catalog.spend(tx, stdin.id);
      for (const id of abandonedProofs(view)) tx.remove('artifacts', id);
      for (let attempt = 1; attempt <= view.proveTries; attempt += 1) tx.remove('results', requestId, 'prove', attempt);
      if (view.state !== 'fulfilled') return;
      const { id, sha256, sizeBytes } = view.proof;
      tx.put('artifacts', [id], {
        kind: 'proof',
        owner: requester,
        private: proofPlaceOf(view.request).private,
        sha256,
        sizeBytes,
        storedAt: view.updatedAt,
        references: [requestId],
      });
      tx.put('expiries', [view.updatedAt + parameters.proofRetentionMs, 'proof', requestId], true);
    },

    async removeFiles(view) {
      const { request } = view;
      const { requestId, stdin } = request;
      try {
        await artifacts.remove(stdin.id, stdinPlaceOf(request));
        for (const id of abandonedProofs(view)) await artifacts.remove(id, proofPlaceOf(request));
      } catch (error) {
        log.error({ event: 'artifact.remove_failed', requestId, err: error }, 'a file stays until the next start');
      }
    },
  };
}
