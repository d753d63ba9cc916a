// The options that say which requests are meant.
import type { Command } from 'commander';

export interface FilterOptions {
  readonly state?: readonly string[];
  readonly mode?: readonly string[];
  readonly failure?: readonly string[];
  readonly requester?: string;
  readonly program?: string;
  readonly lane?: string;
  readonly reason?: readonly string[] | string;
  readonly waitsFor?: readonly string[];
}

const each = (value: string, before: readonly string[] = []) => [...before, value];

/** Actions have a `--reason` of their own, so theirs is called `--waits-for`. */
export const withFilters = (command: Command, waitsFor: 'reason' | 'waits-for'): Command =>
  command
    .option(
      '--state <state>',
      'only these; proving or proving.running. May be given several times, as the next three',
      each,
    )
    .option('--mode <mode>', 'core, compressed, plonk, groth16 or tee', each)
    .option('--failure <code>', 'those that failed so', each)
    .option(`--${waitsFor} <code>`, 'open ones that wait for this reason', each)
    .option('--requester <address>', 'of this address')
    .option('--program <hash>', 'of this program, by the hash of its key')
    .option('--lane <name>', 'those on this lane');

export function filterOf(options: FilterOptions) {
  const { state: states = [], mode: modes = [], failure = [], requester, program, lane } = options;
  const reasons = options.waitsFor ?? (typeof options.reason === 'string' ? [] : (options.reason ?? []));
  return {
    // `proving.running` is a state with its phase, as the log and the history write it.
    states: states.map((path) => path.split('.')[0] ?? ''),
    phases: states.flatMap((path) => path.split('.').slice(1)),
    modes: [...modes],
    failureCodes: [...failure],
    reasons: [...reasons],
    ...(requester !== undefined && { requester }),
    ...(program !== undefined && { vkHash: program }),
    ...(lane !== undefined && { laneId: lane }),
  };
}
