// How a verdict ends a command: what is printed, and the exit code.
import type { AttestationCode, CheckId, Verdict } from '../../attestation/verify/attestation.js';
import type { Cli } from '../cli.js';
import { toJson } from '../output.js';
import { verdictTable } from './table.js';

/** Something could not be looked at, and nothing wrong was found. */
export const notCheckedExitCode = 3;

/** Failures that say nothing of the target: what was asked for was out of reach. */
const outOfReach: readonly AttestationCode[] = ['COLLATERAL_UNAVAILABLE'];

/** `unreached`: checks that failed for the same reason, under a code that can also mean more. */
export function printVerdict(
  { output }: Pick<Cli, 'output'>,
  verdict: Verdict,
  { json = false, unreached = [] }: { json?: boolean | undefined; unreached?: readonly CheckId[] },
): number {
  const failed = verdict.checks.flatMap((check) => (check.status === 'fail' ? [check] : []));
  const isChecked =
    failed.length === 0 || failed.some(({ id, code }) => !outOfReach.includes(code) && !unreached.includes(id));
  output.print(json ? toJson(verdict) : verdictTable(verdict, isChecked));
  if (verdict.verdict === 'accepted') return 0;
  return isChecked ? 1 : notCheckedExitCode;
}
