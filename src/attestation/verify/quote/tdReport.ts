// The report about the TD itself, inside of a quote. Offsets: Intel's sgx_quote_4.h and sgx_quote_5.h.

export type TdBody = 'TD 1.0' | 'TD 1.5' | 'TD 1.5-Ex';

export const tdBodySizes: Readonly<Record<TdBody, number>> = { 'TD 1.0': 584, 'TD 1.5': 648, 'TD 1.5-Ex': 885 };

export interface TdReport {
  /** At launch. */
  readonly teeTcbSvn: Uint8Array;
  readonly mrSeam: Uint8Array;
  readonly mrSignerSeam: Uint8Array;
  readonly seamAttributes: Uint8Array;
  readonly tdAttributes: Uint8Array;
  readonly xfam: Uint8Array;
  readonly mrTd: Uint8Array;
  readonly mrConfigId: Uint8Array;
  readonly mrOwner: Uint8Array;
  readonly mrOwnerConfig: Uint8Array;
  readonly rtmr: readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  readonly reportData: Uint8Array;
  /** From 1.5 on. */
  readonly later?: {
    /** As it is now: the TDX module can be updated under a running TD. */
    readonly teeTcbSvn2: Uint8Array;
    readonly mrServiceTd: Uint8Array;
  };
}

export function readTdReport(body: Uint8Array, kind: TdBody): TdReport {
  const at = (offset: number, size: number) => body.subarray(offset, offset + size);
  const report: TdReport = {
    teeTcbSvn: at(0, 16),
    mrSeam: at(16, 48),
    mrSignerSeam: at(64, 48),
    seamAttributes: at(112, 8),
    tdAttributes: at(120, 8),
    xfam: at(128, 8),
    mrTd: at(136, 48),
    mrConfigId: at(184, 48),
    mrOwner: at(232, 48),
    mrOwnerConfig: at(280, 48),
    rtmr: [at(328, 48), at(376, 48), at(424, 48), at(472, 48)],
    reportData: at(520, 64),
  };
  if (kind === 'TD 1.0') return report;
  return { ...report, later: { teeTcbSvn2: at(584, 16), mrServiceTd: at(600, 48) } };
}
