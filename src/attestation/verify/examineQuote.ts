// All that can be said of a quote with Intel's collateral at one time: rules V1 to V24, as checks and as claims.
// Pure: no clock, no network, no policy.
import { toHex } from './bytes.js';
import { parseCollateral } from './collateral/parseCollateral.js';
import { examineCollateral } from './examineCollateral.js';
import { examinePck } from './examinePck.js';
import { examineRevocation } from './examineRevocation.js';
import { examineSignatures } from './examineSignatures.js';
import { examineTcb } from './examineTcb.js';
import { refuse } from './failure.js';
import { parseQuote, type Quote } from './quote/parseQuote.js';
import type { QuoteClaims } from './quoteClaims.js';
import { evaluationDataNumberOf, readQuoteClaims } from './quoteClaims.js';
import { intelRoot } from './roots.js';
import { createRuleRun, type Finding } from './ruleRun.js';
import type { Check } from './verdict/checks.js';

export interface ExamineParameters {
  readonly quote: Uint8Array;
  /** A QuoteCollateralV3 as JSON text. Without one only the quote's own form and chain can be looked at. */
  readonly collateral: string | undefined;
  /** Seconds since 1970. */
  readonly now: number;
  /** SHA-256 (hex) of the DER of root certificates; Intel's when absent. Another one is for tests and the provider `dev`. */
  readonly roots?: readonly string[];
}

export interface QuoteExamination {
  /** All checks of the quote but those that need a policy. */
  readonly checks: readonly Check[];
  /** What failed, in the order of the rules. */
  readonly findings: readonly Finding[];
  /** Where it could be read. Nothing in it is worth anything without claims. */
  readonly quote: Quote | undefined;
  /** Only when every rule was looked at and holds. */
  readonly claims: QuoteClaims | undefined;
  /** False: nothing was proven, whatever the checks say. */
  readonly isIntelRoot: boolean;
}

/** Never rejects. */
export async function examineQuote(parameters: ExamineParameters): Promise<QuoteExamination> {
  const { roots = [intelRoot] } = parameters;
  const run = createRuleRun();
  const now = await run.rule('V1', [], () => usableTime(parameters.now));
  const quote = await run.rule('V2', [], () => parseQuote(parameters.quote));
  const collateral = await run.rule('V13', [parameters.collateral], parseCollateral);
  const context = { run, now, roots };
  const pck = await examinePck(context, quote);
  const signers = await examineCollateral(context, collateral);
  await examineRevocation(context, { collateral, pckChain: pck.chain, signerChains: signers.chains });
  await examineSignatures(context, { quote, pckChain: pck.chain, qeIdentity: signers.qeIdentity });
  const tcb = await examineTcb(context, { quote, platform: pck.platform, ...signers });
  const claims =
    run.isComplete() && quote && pck.platform && tcb
      ? await readQuoteClaims({ quote, platform: pck.platform, tcb, signers })
      : undefined;
  return {
    checks: [
      run.check(
        'quote.format',
        quote ? `TDX quote version ${quote.version}, ${quote.body}, ${quote.bytes.byteLength} bytes.` : '',
      ),
      run.check('certificates.chain', 'All chains lead to the pinned root.'),
      run.check('certificates.revocation', 'Both CRLs are current and list none of the certificates.'),
      run.check('collateral.signature', 'TCB info and QE identity are signed by Intel.'),
      run.check('collateral.freshness', `Evaluation data number ${evaluationDataNumberOf(signers)}.`),
      run.check('collateral.match', `For FMSPC ${toHex(pck.platform?.fmspc ?? new Uint8Array())}.`),
      run.check('quote.signature', 'Signed by Intel’s quoting enclave on this platform.'),
      run.check('tcb.level', 'Intel’s list has a level for the platform, its TDX module and its quoting enclave.'),
    ],
    findings: run.findings(),
    quote,
    claims,
    isIntelRoot: roots.every((root) => root === intelRoot),
  };
}

/** CLOCK_UNUSABLE (V1). */
function usableTime(now: number): number {
  // The end of what a Date can hold.
  if (!(now > 0 && now < 8.64e12)) refuse('CLOCK_UNUSABLE', `The time to verify at is ${now}, not seconds since 1970.`);
  return now;
}
