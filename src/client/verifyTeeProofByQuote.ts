// Verifies a TEE proof by the quote of the key that has signed it, with our own verifier of Intel's collateral: no chain is asked, and nobody is
// believed but the policy of whoever asks.

import { equalBytes } from '../attestation/verify/bytes.js';
import { examineQuote, type QuoteExamination } from '../attestation/verify/examineQuote.js';
import { parsePolicy } from '../attestation/verify/policy/parsePolicy.js';
import { intelRoot } from '../attestation/verify/roots.js';
import { appraise } from '../attestation/verify/verdict/appraise.js';
import { passed } from '../attestation/verify/verdict/checks.js';
import type { Verdict } from '../attestation/verify/verdict/verdict.js';
import { type Address, shownId } from '../ids.js';
import { offChainReportData, registryReportData } from '../tee/reportData.js';
import { givenAddress } from './givenId.js';
import { parseShownSigner, type ShownSigner } from './shownSigner.js';
import { type TeeCheck, type TeeVerdict, type VerifyTeeProofParameters, verifyTeeProof } from './verifyTeeProof.js';

export interface QuoteParameters {
  /** The answer of `GET /tee/signers/0x…` for the key that has signed, as text. */
  readonly shownSigner: string;
  /** A QuoteCollateralV3 as JSON text, as `attest collateral` fetches it. Default: what a development provider has brought. */
  readonly collateral?: string | undefined;
  /** JSON text of a policy (docs/attestation.md). Without one any genuine machine will do, whatever runs in it. */
  readonly policy?: string | undefined;
  /** The registry that the quote has to be bound to. Default: the one that is shown, or none. */
  readonly chainId?: number | undefined;
  readonly registry?: string | undefined;
  /** Unix seconds. */
  readonly now: number;
  /** SHA-256 in hex of the DER of roots that are believed instead of Intel's: proves nothing. */
  readonly insecureDevRoots?: readonly string[] | undefined;
}

export type VerifyTeeProofByQuoteParameters = VerifyTeeProofParameters & QuoteParameters;

export interface TeeVerdictByQuote extends TeeVerdict {
  /** All that was looked at in the quote. Undefined where there was none. */
  readonly attestation: Verdict | undefined;
}

/**
 * One verdict, with the check `quote` in place of `signer`. With `signers` the key has to be one of them too. Rejects with PROOF_MALFORMED and
 * ID_INVALID, and with an AttestationError for a policy that is none.
 * @example
 * ```ts
 * const answer = await fetch('https://prover.example.org/tee/signers/0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1');
 * const shownSigner = await answer.text();
 * const collateral = '{ … }'; // of `sealed-prover attest collateral`
 * const { ok } = await verifyTeeProofByQuote({ proof: file, vkHash, shownSigner, collateral, now: Date.now() / 1000 });
 * ```
 */
export async function verifyTeeProofByQuote(parameters: VerifyTeeProofByQuoteParameters): Promise<TeeVerdictByQuote> {
  const verdict = verifyTeeProof(parameters);
  const { check, attestation } = await checkQuote(verdict.signer, parameters);
  const others = verdict.checks.filter(({ id }) => id !== 'signer' || parameters.signers !== undefined);
  const checks = [...others, check];
  return { ...verdict, ok: checks.every(({ ok }) => ok), checks, attestation };
}

/** What the quote says of this key. Rejects with an AttestationError for a policy that is none. */
export async function checkQuote(
  signer: Address | undefined,
  parameters: QuoteParameters,
): Promise<{ readonly check: TeeCheck; readonly attestation: Verdict | undefined }> {
  const policy = parameters.policy === undefined ? undefined : await parsePolicy(parameters.policy);
  const shown = parseShownSigner(parameters.shownSigner);
  if (shown === undefined) return failed('What is shown of the key has no quote that can be read.');
  if (signer === undefined) return failed('There is no key to compare it with.');
  if (shown.address !== signer) return failed(`It is of another key, ${shownId(shown.address)}.`);
  const { now, insecureDevRoots: roots = [intelRoot] } = parameters;
  const collateral = parameters.collateral ?? shown.collateral;
  const examination = await examineQuote({ quote: shown.quote, collateral, now: Math.floor(now), roots });
  const elsewhere = problemOf(shown, parameters, examination);
  const attestation = await appraise({
    examination,
    evidence: evidenceOf(shown),
    policy,
    now: Math.floor(now),
    // There is no connection that it could be bound to: a key is bound by a report_data of its own form, which is compared here.
    more:
      elsewhere === undefined && examination.claims !== undefined
        ? [passed('binding.report_data', 'The quote is made for this key.')]
        : [],
  });
  const problem = elsewhere ?? refusalOf(attestation);
  if (problem !== undefined) return failed(problem, attestation);
  const { tcbStatus } = attestation.facts;
  const detail = `A genuine machine (${tcbStatus}) vouches for the key${policy === undefined ? ', whatever runs in it' : `, as the policy ${policy.policy.name} asks`}.`;
  return { check: { id: 'quote', ok: true, detail }, attestation };
}

const failed = (detail: string, attestation?: Verdict) => ({
  check: { id: 'quote' as const, ok: false, detail },
  attestation,
});

const evidenceOf = ({ eventLog, appCompose }: ShownSigner) => ({
  target: { kind: 'quote' as const },
  ...(eventLog !== undefined && { eventLog }),
  ...(appCompose !== undefined && { appCompose }),
});

/** Why the quote is not for this key, in this place. */
function problemOf(shown: ShownSigner, wanted: QuoteParameters, { claims }: QuoteExamination): string | undefined {
  const { address, place, reference } = shown;
  const registry = wanted.registry === undefined ? undefined : givenAddress(wanted.registry);
  const isElsewhere =
    (registry !== undefined && registry !== place?.registry) ||
    (wanted.chainId !== undefined && wanted.chainId !== place?.chainId);
  if (isElsewhere) return 'The key is bound to another registry, or to none.';
  const expected =
    place === undefined ? offChainReportData(address) : registryReportData('v2', place, address, reference);
  if (claims !== undefined && !equalBytes(claims.td.reportData, expected))
    return 'The quote is not made for this key: its report_data is another one.';
  return undefined;
}

function refusalOf({ verdict, checks, level, required }: Verdict): string | undefined {
  if (verdict === 'accepted') return undefined;
  const reasons = checks.flatMap((check) => (check.status === 'fail' ? [`${check.id} (${check.code})`] : []));
  const why = reasons.length > 0 ? reasons.join(', ') : `what is shown makes it ${level}, and ${required} is asked for`;
  return `The quote is refused: ${why}.`;
}
