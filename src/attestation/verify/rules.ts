// The numbered rules of a quote's verification, and the check of the verdict that each belongs to. When several fail, the
// first one of this list is what is reported. What each rule says: docs/attestation.md.
import type { CheckId } from './verdict/checks.js';

/**
 * V3 (version, types, vendor) is looked at within V2: who does not know a version knows no lengths. V25 to V28 are a matter of the
 * policy: `appraise` has them.
 */
export const ruleChecks = {
  V1: 'collateral.freshness',
  V2: 'quote.format',
  V4: 'certificates.chain',
  V5: 'certificates.chain',
  V6: 'certificates.chain',
  V7: 'certificates.chain',
  V8: 'certificates.revocation',
  V9: 'certificates.revocation',
  V10: 'certificates.revocation',
  V11: 'certificates.revocation',
  V12: 'collateral.signature',
  V13: 'collateral.signature',
  V14: 'collateral.freshness',
  V15: 'collateral.match',
  V16: 'quote.signature',
  V17: 'quote.signature',
  V18: 'quote.signature',
  V19: 'tcb.level',
  V20: 'quote.signature',
  V21: 'tcb.level',
  V22: 'tcb.level',
  V23: 'tcb.level',
  V24: 'tcb.level',
} as const satisfies Readonly<Record<string, CheckId>>;

export type Rule = keyof typeof ruleChecks;
export const rules = Object.keys(ruleChecks) as readonly Rule[];
