// Failures of what the service shows of itself: quotes, and the nonces that are to be quoted.
import { failure } from './define.js';

export const attestationFailures = {
  /** What a client wants quoted is not 32 bytes in lower-case hex, or is there twice. */
  NONCE_MALFORMED: failure(
    'permanent',
    () => 'The nonce to be quoted must be given once, as 64 lower-case hex digits: 32 random bytes of your own.',
  ),
  /** No quote could be had of the machine. `problem` is in our own words, never in the agent's. */
  QUOTE_UNAVAILABLE: failure<{ problem: string }>(
    'transient',
    ({ problem }) =>
      `No quote can be had of this machine now: ${problem}. Try again later, or ask the operator of the service.`,
  ),
  /** More quotes are asked for than the machine makes. */
  QUOTE_BUSY: failure(
    'transient',
    () => 'More quotes are asked for than this machine makes. Try again in a few seconds.',
  ),
  /** Of `attest proxy`: what it leads to is not, or not any more, what its policy names. `reason`: a code of the verifier. */
  ATTESTATION_REFUSED: failure<{ reason: string; detail: string }>(
    'permanent',
    ({ reason, detail }) => `ATTESTATION_REFUSED: nothing was sent, because of ${reason}. ${detail}`,
  ),
  /** Of `attest proxy`: an answer would lead its client past it. */
  ARTIFACT_URL_ELSEWHERE: failure<{ named: string }>(
    'permanent',
    ({ named }) =>
      `ARTIFACT_URL_ELSEWHERE: the answer names ${named} for an artifact, which nobody has attested. Nothing was sent there.`,
  ),
};
