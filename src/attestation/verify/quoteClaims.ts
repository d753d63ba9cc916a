// What a verified quote says, under Intel's signature. All hex is lower case.
import { toHex } from './bytes.js';
import type { PckPlatform } from './certificates/pckExtension.js';
import { sha256 } from './crypto.js';
import type { ExaminedCollateral } from './examineCollateral.js';
import type { Quote } from './quote/parseQuote.js';
import type { TdBody, TdReport } from './quote/tdReport.js';
import type { Tcb } from './tcb/evaluateTcb.js';
import type { TcbStatus } from './tcb/status.js';

export interface QuoteClaims {
  readonly quoteVersion: 4 | 5;
  readonly body: TdBody;
  readonly td: TdReport;
  readonly tcbStatus: TcbStatus;
  /** As Intel writes it: `2025-08-13T00:00:00Z`. */
  readonly tcbDate: string;
  readonly advisoryIds: readonly string[];
  /** What makes the status other than UpToDate. */
  readonly shortfalls: readonly string[];
  /** The lower one of TCB info and QE identity. */
  readonly evaluationDataNumber: number;
  /** Seconds since 1970: until when both of them hold. */
  readonly collateralEndsAt: number;
  readonly fmspc: string;
  /** SHA-256 of the PPID: names the machine. */
  readonly deviceId: string;
}

interface Parts {
  readonly quote: Quote;
  readonly platform: PckPlatform;
  readonly tcb: Tcb;
  readonly signers: ExaminedCollateral;
}

export async function readQuoteClaims({ quote, platform, tcb, signers }: Parts): Promise<QuoteClaims> {
  const windows = [signers.tcbInfo, signers.qeIdentity].filter((part) => part !== undefined);
  return {
    quoteVersion: quote.version,
    body: quote.body,
    td: quote.td,
    tcbStatus: tcb.status,
    tcbDate: tcb.tcbDate,
    advisoryIds: tcb.advisoryIds,
    shortfalls: tcb.shortfalls,
    evaluationDataNumber: evaluationDataNumberOf(signers),
    collateralEndsAt: Math.min(...windows.map(({ nextUpdateAt }) => nextUpdateAt)),
    fmspc: toHex(platform.fmspc),
    deviceId: toHex(await sha256(platform.ppid)),
  };
}

export const evaluationDataNumberOf = ({ tcbInfo, qeIdentity }: ExaminedCollateral): number =>
  Math.min(...[tcbInfo, qeIdentity].map((part) => part?.evaluationDataNumber ?? 0));
