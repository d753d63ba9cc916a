// Both CRLs, and whether one of the certificates is listed: V8 to V11.
import { equalBytes } from './bytes.js';
import type { Certificate } from './certificates/certificate.js';
import { pckCaNames } from './certificates/commonName.js';
import { type Crl, parseCrl, verifyCrlIssuer, verifyCrlTimes } from './certificates/crl.js';
import type { Collateral } from './collateral/parseCollateral.js';
import { examineChain, type RuleContext } from './examineChain.js';
import { refuse } from './failure.js';

interface Revocable {
  readonly collateral: Collateral | undefined;
  readonly pckChain: readonly Certificate[] | undefined;
  readonly signerChains: readonly (readonly Certificate[] | undefined)[];
}

export async function examineRevocation(
  context: RuleContext,
  { collateral, pckChain, signerChains }: Revocable,
): Promise<void> {
  const { run } = context;
  const issuerChain = await examineChain(context, collateral?.pckCrlIssuerChain, {
    what: 'The PCK CRL’s issuer chain',
    names: [pckCaNames],
    isLeafCa: true,
  });
  await run.rule('V9', [issuerChain, pckChain], ([issuer], [, pckCa]) => verifySameCa(issuer, pckCa));
  const rootCrl = await examineCrl(context, collateral?.rootCrl, pckChain?.[2], 'The root CRL');
  const pckCrl = await examineCrl(context, collateral?.pckCrl, pckChain?.[1], 'The PCK CRL');

  await run.rule('V11', [pckCrl, pckChain], (crl, [leaf]) => verifyUnlisted(crl, leaf, 'the PCK CRL'));
  // The root lists who it issued; a root that lists itself is not to be trusted either.
  for (const chain of [pckChain?.slice(1), issuerChain, ...signerChains])
    await run.rule('V11', [rootCrl, chain], (crl, certificates) => {
      for (const certificate of certificates) verifyUnlisted(crl, certificate, 'the root CRL');
    });
}

/** The CRL when its signature holds; one that is not valid now is read as well, and the check has failed for it. */
async function examineCrl(
  { run, now }: RuleContext,
  der: Uint8Array | undefined,
  issuer: Certificate | undefined,
  what: string,
): Promise<Crl | undefined> {
  const crl = await run.rule('V8', [der], (present) => parseCrl(present, what));
  const isIssued = await run.rule('V9', [crl, issuer], (read, by) => verifyCrlIssuer(read, by, what));
  await run.rule('V10', [crl, now], (read, at) => verifyCrlTimes(read, at, what));
  return isIssued && crl;
}

/** CRL_MISSING: a list of another CA says nothing of this platform. */
function verifySameCa(issuer: Certificate | undefined, pckCa: Certificate | undefined): void {
  const isSame =
    issuer && pckCa && equalBytes(issuer.subject, pckCa.subject) && equalBytes(issuer.publicKey, pckCa.publicKey);
  if (!isSame)
    refuse('CRL_MISSING', `The PCK CRL is of "${issuer?.commonName}", the PCK certificate of "${pckCa?.commonName}".`);
}

/** CERT_REVOKED (V11). */
function verifyUnlisted({ revoked }: Crl, certificate: Certificate | undefined, list: string): void {
  if (certificate && revoked.has(certificate.serial))
    refuse('CERT_REVOKED', `"${certificate.commonName}" with serial ${certificate.serial} is listed by ${list}.`);
}
