// From when to when a set of collateral holds, and how new it is. Nothing of it has been verified: a set that claims too much is refused by the rules.
import { parseCrl } from '../../verify/certificates/crl.js';
import { parseCollateral } from '../../verify/collateral/parseCollateral.js';
import { parseQeIdentity } from '../../verify/collateral/qeIdentity.js';
import { parseTcbInfo } from '../../verify/collateral/tcbInfo.js';

/** Times in seconds since 1970. */
export interface CollateralWindow {
  /** From when all parts hold, and until when. */
  readonly beginsAt: number;
  readonly endsAt: number;
  /** Half of the part that holds shortest has passed: time to fetch anew. */
  readonly refreshAt: number;
  readonly tcb: Edition;
  readonly qe: Edition;
}

export interface Edition {
  readonly number: number;
  readonly issuedAt: number;
}

/** An AttestationError for what cannot be read. */
export function collateralWindow(text: string): CollateralWindow {
  const collateral = parseCollateral(text);
  const tcbInfo = parseTcbInfo(collateral.tcbInfo.text);
  const qeIdentity = parseQeIdentity(collateral.qeIdentity.text);
  const crls = [parseCrl(collateral.rootCrl, 'The root CRL'), parseCrl(collateral.pckCrl, 'The PCK CRL')];
  const spans = [
    ...[tcbInfo, qeIdentity].map(({ issuedAt, nextUpdateAt }) => ({ from: issuedAt, to: nextUpdateAt })),
    ...crls.map(({ thisUpdate, nextUpdate }) => ({ from: thisUpdate, to: nextUpdate ?? 0 })),
  ];
  return {
    beginsAt: Math.max(...spans.map(({ from }) => from)),
    endsAt: Math.min(...spans.map(({ to }) => to)),
    refreshAt: Math.min(...spans.map(({ from, to }) => from + (to - from) / 2)),
    tcb: { number: tcbInfo.evaluationDataNumber, issuedAt: tcbInfo.issuedAt },
    qe: { number: qeIdentity.evaluationDataNumber, issuedAt: qeIdentity.issuedAt },
  };
}

/** Who holds back a newer list holds back what it revokes. */
export const isOlder = (a: CollateralWindow, than: CollateralWindow): boolean =>
  older(a.tcb, than.tcb) || older(a.qe, than.qe);

const older = (a: Edition, than: Edition): boolean => a.number < than.number || a.issuedAt < than.issuedAt;
