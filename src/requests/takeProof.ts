// A proof that was not made here becomes the one of an open request: verified like any other, before anybody may download it.
import type { ArtifactBackend } from '../artifacts/port.js';
import type { ProofIds } from '../artifacts/proofIds.js';
import type { RequestId } from '../ids.js';
import { proofPlaceOf } from './effects/requestArtifacts.js';
import type { RequestHost } from './kind.js';

/**
 * Resolves when it is on disk that this proof is to be verified. False: the request is not being proved (any more). Where it is
 * rejected, the request ends as PROVED_ELSEWHERE. Fails as `ArtifactBackend.put` does.
 */
export type TakeProof = (requestId: RequestId, bytes: Uint8Array) => Promise<boolean>;

export const createTakeProof =
  ({
    artifacts,
    proofIds,
    host,
  }: {
    readonly artifacts: Pick<ArtifactBackend, 'put'>;
    readonly proofIds: ProofIds;
    readonly host: Pick<RequestHost, 'act' | 'view'>;
  }): TakeProof =>
  async (requestId, bytes) => {
    for (;;) {
      const view = host.view(requestId);
      if (view?.state !== 'proving') return false;
      const { prove } = view.tries;
      const proof = await artifacts.put(proofIds(requestId, prove + 1), proofPlaceOf(view.request), bytes);
      // Another try has begun meanwhile, whose file has this name.
      const now = host.view(requestId);
      if (now?.state === 'proving' && now.tries.prove !== prove) continue;
      const taken = host.act(requestId, { type: 'PROOF_FOUND', proof: { ...proof, found: true } });
      await taken;
      return taken !== undefined;
    }
  };
