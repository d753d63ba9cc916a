// From security versions to one status, its date and its advisories: V19, V21, V22, V24 of the rules and the status table.

import type { PckPlatform } from '../certificates/pckExtension.js';
import type { QeIdentity } from '../collateral/qeIdentity.js';
import type { PlatformLevel, SvnLevel, TcbInfo } from '../collateral/tcbInfo.js';
import type { TdReport } from '../quote/tdReport.js';
import { matchModule, matchModuleLevel, matchPlatformLevel, matchSvnLevel, moduleVersionOf } from './matchLevel.js';
import { converge, type PlatformStatus, type TcbStatus, withRelaunch } from './status.js';

export interface Tcb {
  readonly status: TcbStatus;
  /** The older one of platform's and module's. */
  readonly tcbDate: string;
  readonly advisoryIds: readonly string[];
  /** What is not up to date, in words for the operator: `TDX module 4, needs 6`. */
  readonly shortfalls: readonly string[];
}

/** Platform and module by one set of TD security versions. */
interface Appraised {
  readonly status: PlatformStatus;
  readonly platform: PlatformLevel;
  readonly module: SvnLevel | undefined;
}

type PlatformTcb = Pick<PckPlatform, 'cpuSvn' | 'pceSvn'>;

function appraiseSvns(tcbInfo: TcbInfo, { cpuSvn, pceSvn }: PlatformTcb, tdx: Uint8Array): Appraised {
  const platform = matchPlatformLevel(tcbInfo.levels, { sgx: cpuSvn, pceSvn, tdx });
  const module = matchModuleLevel(tcbInfo, tdx);
  return { status: module ? converge(platform.status, module.status) : platform.status, platform, module };
}

interface TcbInputs {
  readonly tcbInfo: TcbInfo;
  readonly qeIdentity: QeIdentity;
  readonly platform: PlatformTcb;
  readonly td: TdReport;
  readonly qeIsvSvn: number;
}

export function evaluateTcb({ tcbInfo, qeIdentity, platform, td, qeIsvSvn }: TcbInputs): Tcb {
  const qe = matchQeLevel(qeIdentity, qeIsvSvn);
  const launch = appraiseSvns(tcbInfo, platform, td.teeTcbSvn);
  const current = td.later && appraiseSvns(tcbInfo, platform, td.later.teeTcbSvn2);
  const launched = converge(launch.status, qe.status);
  const levels = [launch.platform, ...(launch.module ? [launch.module] : [])];
  return {
    status: current ? withRelaunch(launched, converge(current.status, qe.status)) : launched,
    tcbDate: levels.map(({ tcbDate }) => tcbDate).reduce((a, b) => (Date.parse(b) < Date.parse(a) ? b : a)),
    advisoryIds: [...new Set([...levels, qe].flatMap(({ advisoryIds }) => advisoryIds))],
    shortfalls: [
      ...platformShortfalls(tcbInfo, launch.platform, platform, td.teeTcbSvn),
      ...svnShortfall(matchModule(tcbInfo, td.teeTcbSvn)?.levels, launch.module, td.teeTcbSvn[0] ?? 0, 'TDX module'),
      ...svnShortfall(qeIdentity.levels, qe, qeIsvSvn, 'quoting enclave'),
    ],
  };
}

export const matchQeLevel = (identity: QeIdentity, isvSvn: number): SvnLevel =>
  matchSvnLevel(identity.levels, isvSvn, 'The quoting enclave');

function svnShortfall(
  levels: readonly SvnLevel[] | undefined,
  level: SvnLevel | undefined,
  has: number,
  what: string,
): readonly string[] {
  if (level === undefined || level.status === 'UpToDate') return [];
  const good = levels?.find(({ status }) => status === 'UpToDate');
  return [good && good.isvSvn > has ? `${what} ${has}, needs ${good.isvSvn}` : `${what} is ${level.status}`];
}

function platformShortfalls(
  { levels }: TcbInfo,
  level: PlatformLevel,
  { cpuSvn, pceSvn }: PlatformTcb,
  tdx: Uint8Array,
): readonly string[] {
  if (level.status === 'UpToDate') return [];
  const good = levels.find(({ status }) => status === 'UpToDate') ?? levels[0];
  const first = moduleVersionOf(tdx) > 0 ? 2 : 0;
  const shorts = [
    ...(good?.sgx ?? []).map((needs, i) => ({ what: `SGX component ${i + 1}`, has: cpuSvn[i] ?? 0, needs })),
    { what: 'PCE', has: pceSvn, needs: good?.pceSvn ?? 0 },
    ...(good?.tdx ?? []).map((needs, i) => ({ what: `TDX component ${i + 1}`, has: tdx[i] ?? 0, needs })).slice(first),
  ].filter(({ has, needs }) => has < needs);
  if (shorts.length === 0) return [`platform is ${level.status}`];
  return shorts.map(({ what, has, needs }) => `${what} ${has}, needs ${needs}`);
}
