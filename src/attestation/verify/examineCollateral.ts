// TCB info and QE identity: who signed them, over which bytes, and whether they are current: V4 to V7, V12 to V14.

import { bytesOfText } from './bytes.js';
import type { Certificate } from './certificates/certificate.js';
import { intelNames } from './certificates/commonName.js';
import { boundText, type ChainShape } from './certificates/verifyChain.js';
import type { Collateral, SignedText } from './collateral/parseCollateral.js';
import { parseQeIdentity, type QeIdentity } from './collateral/qeIdentity.js';
import { parseTcbInfo, type TcbInfo } from './collateral/tcbInfo.js';
import { verifyP256 } from './crypto.js';
import { examineChain, type RuleContext } from './examineChain.js';
import { refuse } from './failure.js';

export interface ExaminedCollateral {
  /** Undefined in it: a chain that does not lead to the root. */
  readonly chains: readonly (readonly Certificate[] | undefined)[];
  readonly tcbInfo: TcbInfo | undefined;
  readonly qeIdentity: QeIdentity | undefined;
}

const shape = (what: string): ChainShape => ({ what, names: [[intelNames.tcbSigner]], isLeafCa: false });

export async function examineCollateral(
  context: RuleContext,
  collateral: Collateral | undefined,
): Promise<ExaminedCollateral> {
  const { run, now } = context;
  const tcbChain = await examineChain(context, collateral?.tcbInfo.issuerChain, shape('The TCB info’s chain'));
  // Intel sends the same chain twice.
  const isSame = collateral?.tcbInfo.issuerChain === collateral?.qeIdentity.issuerChain;
  const qeChain = isSame
    ? tcbChain
    : await examineChain(context, collateral?.qeIdentity.issuerChain, shape('The QE identity’s chain'));

  /** Not a character is parsed before its signature has been verified. */
  const signedTextOf = (signed: SignedText | undefined, chain: typeof tcbChain, what: string) =>
    run.rule('V12', [signed, chain], async (present, [signer]) => {
      await verifyText(present, signer as Certificate, what);
      return present.text;
    });
  const tcbText = await signedTextOf(collateral?.tcbInfo, tcbChain, 'The TCB info');
  const qeText = await signedTextOf(collateral?.qeIdentity, qeChain, 'The QE identity');
  const tcbInfo = await run.rule('V13', [tcbText], parseTcbInfo);
  const qeIdentity = await run.rule('V13', [qeText], parseQeIdentity);
  await run.rule('V14', [tcbInfo, now], (of, at) => verifyWindow(of, at, 'The TCB info'));
  await run.rule('V14', [qeIdentity, now], (of, at) => verifyWindow(of, at, 'The QE identity'));
  return { chains: [tcbChain, qeChain], tcbInfo, qeIdentity };
}

async function verifyText({ text, signature }: SignedText, signer: Certificate, what: string): Promise<void> {
  if (!(await verifyP256(signer.publicKey, signature, bytesOfText(text))))
    refuse('COLLATERAL_SIGNATURE_INVALID', `${what} is not signed by "${signer.commonName}".`);
}

function verifyWindow(of: { issuedAt: number; nextUpdateAt: number }, now: number, what: string): void {
  if (now < of.issuedAt) refuse('COLLATERAL_NOT_VALID_NOW', boundText(`${what} begins`, of.issuedAt, now));
  if (now > of.nextUpdateAt) refuse('COLLATERAL_NOT_VALID_NOW', boundText(`${what} ended`, of.nextUpdateAt, now));
}
