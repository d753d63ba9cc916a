// One answer for a quote: its claims, or the first rule that does not hold.
import { type ExamineParameters, examineQuote } from './examineQuote.js';
import { AttestationError } from './failure.js';
import type { QuoteClaims } from './quoteClaims.js';

/**
 * Resolves with the claims of a quote that Intel's chain vouches for (rules V1 to V24). Whether its status, attributes and measurements
 * are good enough is for a policy to say: `appraise`. Rejects with an AttestationError.
 */
export async function verifyQuote(parameters: ExamineParameters): Promise<QuoteClaims> {
  const { claims, findings } = await examineQuote(parameters);
  if (claims) return claims;
  const [first] = findings;
  throw new AttestationError(first?.code ?? 'INTERNAL', first?.detail ?? 'A rule was not looked at.');
}
