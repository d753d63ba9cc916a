// What a request leaves behind when it ends: its proof, and what goes: its private input, proofs of tries that did not count, results.
// The records are written in the transaction that ends it. The files follow, and the next boot's sweep finds any that a crash left.

import type { Catalog } from '../artifacts/catalog.js';
import type { ArtifactBackend } from '../artifacts/port.js';
import type { ProofIds } from '../artifacts/proofIds.js';
import type { ArtifactId } from '../ids.js';
import type { Log } from '../log.js';
import { isTerminal, type RequestView } from '../machines/request/view.js';
import type { Transaction } from '../store/environment.js';
import { ownProgramPlace, proofPlaceOf, stdinPlaceOf } from './effects/requestArtifacts.js';

export interface RequestEnd {
  /**
   * Records the proof and when it expires, and where lists find the request from now on. Removes the records of what goes. Nothing to do
   * while the request is open.
   */
  writeRecords(tx: Transaction, view: RequestView): void;
  /** Removes the files, once the records are gone for good. Never rejects. */
  removeFiles(view: RequestView): Promise<void>;
}

export function createRequestEnd(parameters: {
  catalog: Catalog;
  artifacts: ArtifactBackend;
  proofIds: ProofIds;
  log: Log;
  proofRetentionMs: number;
}): RequestEnd {
  const { catalog, artifacts, proofIds, log } = parameters;

  function abandonedProofs(view: RequestView): ArtifactId[] {
    const kept = view.state === 'fulfilled' ? view.proof.id : undefined;
    const all = Array.from({ length: view.tries.prove }, (_, index) => proofIds(view.request.requestId, index + 1));
    const { requestId, mode } = view.request;
    const values =
      mode !== 'tee'
        ? []
        : Array.from({ length: view.tries.execute }, (_, index) => proofIds(requestId, index + 1, 'public values'));
    return [...all.filter((id) => id !== kept), ...values];
  }

  return {
    writeRecords(tx, view) {
      if (!isTerminal(view)) return;
      const { requestId, requester, stdin, program } = view.request;
      // Only now: an entry lies among those of its requester, on a page of its own, which intake would pay for with every request.
      tx.put('requestsByRequester', [requester, view.request.createdAt, requestId], true);
      catalog.spend(tx, stdin.id);
      if (program !== undefined) catalog.spend(tx, program.id);
      for (const id of abandonedProofs(view)) tx.remove('artifacts', id);
      for (const [stage, tries] of Object.entries(view.tries))
        for (let attempt = 1; attempt <= tries; attempt += 1) tx.remove('results', requestId, stage, attempt);
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
      const { requestId, stdin, program } = request;
      try {
        await artifacts.remove(stdin.id, stdinPlaceOf(request));
        if (program !== undefined) await artifacts.remove(program.id, ownProgramPlace);
        for (const id of abandonedProofs(view)) await artifacts.remove(id, proofPlaceOf(request));
      } catch (error) {
        log.error({ event: 'artifact.remove_failed', requestId, err: error }, 'a file stays until the next start');
      }
    },
  };
}
