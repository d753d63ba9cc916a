// From the PCK certificate to the quote: the quoting enclave's report, what it vouches for, who it is, the quote itself: V16 to V18, V20.
import { concatBytes, equalBytes, isZero, toHex } from './bytes.js';
import type { Certificate } from './certificates/certificate.js';
import type { QeIdentity } from './collateral/qeIdentity.js';
import { sha256, verifyP256 } from './crypto.js';
import type { RuleContext } from './examineChain.js';
import { refuse } from './failure.js';
import type { Quote } from './quote/parseQuote.js';
import type { QeReport, SignatureData } from './quote/signatureData.js';
import { equalMasked } from './tcb/equalMasked.js';

interface Signed {
  readonly quote: Quote | undefined;
  readonly pckChain: readonly Certificate[] | undefined;
  readonly qeIdentity: QeIdentity | undefined;
}

export async function examineSignatures({ run }: RuleContext, { quote, pckChain, qeIdentity }: Signed): Promise<void> {
  await run.rule('V16', [quote, pckChain], ({ signature }, [leaf]) => verifyQeReport(signature, leaf as Certificate));
  await run.rule('V17', [quote], ({ signature }) => verifyBinding(signature));
  await run.rule('V18', [quote, qeIdentity], ({ signature }, identity) => verifyQe(signature.qeReport, identity));
  await run.rule('V20', [quote], verifySignature);
}

/** QE_SIGNATURE_INVALID (V16). */
async function verifyQeReport({ qeReport, qeSignature }: SignatureData, leaf: Certificate): Promise<void> {
  if (!(await verifyP256(leaf.publicKey, qeSignature, qeReport.bytes)))
    refuse('QE_SIGNATURE_INVALID', 'The quoting enclave’s report is not signed by the PCK certificate’s key.');
}

/** QE_BINDING_INVALID (V17): otherwise the attestation key is anybody's. */
async function verifyBinding({ qeReport, attestationKey, authenticationData }: SignatureData): Promise<void> {
  const digest = await sha256(concatBytes(attestationKey, authenticationData));
  if (!equalBytes(qeReport.reportData.subarray(0, 32), digest) || !isZero(qeReport.reportData.subarray(32)))
    refuse('QE_BINDING_INVALID', 'The quoting enclave’s report does not name the key that signed the quote.');
}

/** QE_IDENTITY_WRONG (V18). */
function verifyQe(report: QeReport, identity: QeIdentity): void {
  const different = (what: string, is: string, should: string) =>
    refuse('QE_IDENTITY_WRONG', `The quoting enclave has ${what} ${is}, Intel’s has ${should}.`);
  if (!equalBytes(report.mrSigner, identity.mrSigner))
    different('MRSIGNER', toHex(report.mrSigner), toHex(identity.mrSigner));
  if (report.isvProdId !== identity.isvProdId) different('product', `${report.isvProdId}`, `${identity.isvProdId}`);
  if (!equalMasked(report.miscSelect, identity.miscSelect, identity.miscSelectMask))
    different('MISCSELECT', toHex(report.miscSelect), toHex(identity.miscSelect));
  if (!equalMasked(report.attributes, identity.attributes, identity.attributesMask))
    different('attributes', toHex(report.attributes), toHex(identity.attributes));
  // Whatever the mask says: a debugged enclave signs what its host likes.
  if (((report.attributes[0] ?? 0) & 2) !== 0)
    refuse('QE_IDENTITY_WRONG', 'The quoting enclave is open to a debugger.');
}

/** QUOTE_SIGNATURE_INVALID (V20). */
async function verifySignature({ signed, signature }: Quote): Promise<void> {
  if (!(await verifyP256(signature.attestationKey, signature.signature, signed)))
    refuse('QUOTE_SIGNATURE_INVALID', 'The quote is not signed by the attestation key that it names.');
}
