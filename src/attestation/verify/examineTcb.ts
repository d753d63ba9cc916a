// The platform against Intel's levels: V15, V19, V21 to V24.
import { equalBytes, toHex } from './bytes.js';
import type { PckPlatform } from './certificates/pckExtension.js';
import type { QeIdentity } from './collateral/qeIdentity.js';
import type { TcbInfo } from './collateral/tcbInfo.js';
import type { RuleContext } from './examineChain.js';
import { refuse } from './failure.js';
import type { Quote } from './quote/parseQuote.js';
import { evaluateTcb, matchQeLevel, type Tcb } from './tcb/evaluateTcb.js';
import { matchModule, matchModuleLevel, matchPlatformLevel } from './tcb/matchLevel.js';
import { verifyModule } from './tcb/verifyModule.js';

interface Appraisable {
  readonly quote: Quote | undefined;
  readonly platform: PckPlatform | undefined;
  readonly tcbInfo: TcbInfo | undefined;
  readonly qeIdentity: QeIdentity | undefined;
}

export async function examineTcb(
  { run }: RuleContext,
  { quote, platform, tcbInfo, qeIdentity }: Appraisable,
): Promise<Tcb | undefined> {
  const td = quote?.td;
  const isvSvn = quote?.signature.qeReport.isvSvn;
  const isOfPlatform = await run.rule('V15', [tcbInfo, platform], verifyPlatform);
  const qeLevel = await run.rule('V19', [qeIdentity, isvSvn], matchQeLevel);
  /** Levels of another kind of platform say nothing. */
  const needs = [tcbInfo, platform, td, isOfPlatform] as const;
  const level = await run.rule('V21', needs, ({ levels }, { cpuSvn, pceSvn }, { teeTcbSvn }) =>
    matchPlatformLevel(levels, { sgx: cpuSvn, pceSvn, tdx: teeTcbSvn }),
  );
  await run.rule('V22', needs, (info, _, { teeTcbSvn }) => matchModuleLevel(info, teeTcbSvn) ?? true);
  await run.rule('V23', needs, (info, _, report) => verifyModule(report, info, matchModule(info, report.teeTcbSvn)));
  const current = await run.rule('V24', needs, (info, { cpuSvn, pceSvn }, { later }) => {
    if (later === undefined) return;
    matchPlatformLevel(info.levels, { sgx: cpuSvn, pceSvn, tdx: later.teeTcbSvn2 });
    matchModuleLevel(info, later.teeTcbSvn2);
  });
  if (!(qeLevel && level && current && run.isComplete())) return undefined;
  if (!(tcbInfo && qeIdentity && platform && td && isvSvn !== undefined)) return undefined;
  return evaluateTcb({ tcbInfo, qeIdentity, platform, td, qeIsvSvn: isvSvn });
}

/** COLLATERAL_MISMATCH (V15). */
function verifyPlatform(tcbInfo: TcbInfo, { fmspc, pceId }: PckPlatform): void {
  if (!equalBytes(tcbInfo.fmspc, fmspc))
    refuse(
      'COLLATERAL_MISMATCH',
      `The TCB info is for FMSPC ${toHex(tcbInfo.fmspc)}, the platform is ${toHex(fmspc)}.`,
    );
  if (!equalBytes(tcbInfo.pceId, pceId))
    refuse('COLLATERAL_MISMATCH', `The TCB info is for PCE ${toHex(tcbInfo.pceId)}, the platform has ${toHex(pceId)}.`);
}
