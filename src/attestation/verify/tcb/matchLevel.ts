// Which of Intel's levels a platform and its TDX module meet: V21 and V22 of the rules.
import type { NumberedModule, PlatformLevel, SvnLevel, TcbInfo } from '../collateral/tcbInfo.js';
import { refuse } from '../failure.js';

export interface PlatformSvns {
  readonly sgx: Uint8Array;
  readonly pceSvn: number;
  readonly tdx: Uint8Array;
}

/** The highest level that is met in all its parts. TCB_LEVEL_NONE (V21). */
export function matchPlatformLevel(levels: readonly PlatformLevel[], svns: PlatformSvns): PlatformLevel {
  const found = levels.toSorted(highestFirst).find((level) => isMet(level, svns));
  return found ?? refuse('TCB_LEVEL_NONE', 'The platform meets none of the levels in the TCB info.');
}

function isMet(level: PlatformLevel, { sgx, pceSvn, tdx }: PlatformSvns): boolean {
  // The versions of a numbered module are judged by its own identity (V22).
  const first = moduleVersionOf(tdx) > 0 ? 2 : 0;
  return (
    level.sgx.every((svn, i) => (sgx[i] ?? 0) >= svn) &&
    pceSvn >= level.pceSvn &&
    level.tdx.every((svn, i) => i < first || (tdx[i] ?? 0) >= svn)
  );
}

/** As Intel's library sorts them, whatever the order in the text is. */
const highestFirst = (a: PlatformLevel, b: PlatformLevel): number =>
  compareSvns(b.sgx, a.sgx) || b.pceSvn - a.pceSvn || compareSvns(b.tdx, a.tdx);

function compareSvns(a: readonly number[], b: readonly number[]): number {
  const differs = a.findIndex((svn, i) => svn !== b[i]);
  return differs === -1 ? 0 : (a[differs] ?? 0) - (b[differs] ?? 0);
}

export const moduleVersionOf = (teeTcbSvn: Uint8Array): number => teeTcbSvn[1] ?? 0;

/** The identity of a numbered module; undefined for version 0, which has none. TCB_MODULE_UNKNOWN (V22). */
export function matchModule({ modules }: TcbInfo, teeTcbSvn: Uint8Array): NumberedModule | undefined {
  const version = moduleVersionOf(teeTcbSvn);
  if (version === 0) return undefined;
  const id = `TDX_${version.toString(16).toUpperCase().padStart(2, '0')}`;
  const found = modules.find((module) => module.id === id);
  return found ?? refuse('TCB_MODULE_UNKNOWN', `The TCB info has no TDX module ${id}.`);
}

/** TCB_LEVEL_NONE (V22, and V19 for the quoting enclave). */
export function matchSvnLevel(levels: readonly SvnLevel[], isvSvn: number, what: string): SvnLevel {
  const found = levels.find((level) => isvSvn >= level.isvSvn);
  return found ?? refuse('TCB_LEVEL_NONE', `${what}, security version ${isvSvn}, meets none of its levels.`);
}

/** The level of a numbered module; undefined for version 0 (V22). */
export function matchModuleLevel(tcbInfo: TcbInfo, teeTcbSvn: Uint8Array): SvnLevel | undefined {
  const module = matchModule(tcbInfo, teeTcbSvn);
  return (
    module && matchSvnLevel(module.levels, teeTcbSvn[0] ?? 0, `The TDX module of version ${moduleVersionOf(teeTcbSvn)}`)
  );
}
