// Where the artifacts of a request lie: on this machine alone, or wherever its backend keeps things.
import type { ArtifactPlace } from '../../artifacts/port.js';
import type { ProofRequest } from '../../machines/requestRules.js';

/** As it was uploaded. Requests of a time when all artifacts lay on this machine do not say. */
const isInputPrivate = ({ stdin }: ProofRequest): boolean => stdin.private ?? true;

export const programPlace: ArtifactPlace = { kind: 'program', private: false };

export const stdinPlaceOf = (request: ProofRequest): ArtifactPlace => ({
  kind: 'stdin',
  private: isInputPrivate(request),
});

/** Core and compressed proofs are not designed to hide the witness: what is proved of a private input stays where the input is. */
export const proofPlaceOf = (request: ProofRequest): ArtifactPlace => ({
  kind: 'proof',
  private: request.stdinPrivate || isInputPrivate(request),
});
