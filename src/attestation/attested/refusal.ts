// Why nothing is sent to a target. A refusal stays one until something changes there or in the policy: trying again does not help.
import { adviceOf } from '../verify/advice.js';
import type { AttestationCode, AttestationFailure } from '../verify/failure.js';
import type { Verdict } from '../verify/verdict/verdict.js';

export class AttestationRefused extends Error implements AttestationFailure {
  override readonly name = 'AttestationRefused';
  constructor(
    readonly code: AttestationCode,
    readonly detail: string,
    readonly verdict?: Verdict,
  ) {
    super(`${code}: ${detail} ${adviceOf[code]}`);
  }
}
