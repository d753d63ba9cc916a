// The options that say which requests are meant.
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { Command } from 'commander';
import { parseCount, parseEach, parseMoment, parseTimeout } from '../parse.js';

export interface FilterOptions {
  readonly state?: readonly string[];
  readonly mode?: readonly string[];
  readonly failure?: readonly string[];
  readonly requester?: string;
  readonly program?: string;
  readonly lane?: string;
  readonly reason?: readonly string[] | string;
  readonly waitsFor?: readonly string[];
  readonly needsYou?: true;
  readonly minTries?: number;
  /** Milliseconds. */
  readonly waitingLonger?: number;
  /** Epoch ms. */
  readonly createdFrom?: number;
  readonly createdTo?: number;
}

/** Without `reason`, which is another option with actions. */
export const filterNames = [
  'state',
  'mode',
  'failure',
  'requester',
  'program',
  'lane',
  'waitsFor',
  'needsYou',
  'minTries',
  'waitingLonger',
  'createdFrom',
  'createdTo',
] as const satisfies readonly Exclude<keyof FilterOptions, 'reason'>[];

/** Actions have a `--reason` of their own, so theirs is called `--waits-for`. */
export const withFilters = (command: Command, waitsFor: 'reason' | 'waits-for'): Command =>
  command
    .option(
      '--state <state>',
      'only these; proving or proving.running. May be given several times, as the next three',
      parseEach,
    )
    .option('--mode <mode>', 'core, compressed, plonk, groth16 or tee', parseEach)
    .option('--failure <code>', 'those that failed so', parseEach)
    .option(`--${waitsFor} <code>`, 'open ones that wait for this reason', parseEach)
    .option('--requester <address>', 'of this address')
    .option('--program <hash>', 'of this program, by the hash of its key')
    .option('--lane <name>', 'those on this lane')
    .option('--needs-you', 'those that need a person, as status names them')
    .option('--min-tries <n>', 'those at this try of their stage, or a later one', parseCount)
    .option('--waiting-longer <time>', 'those that have waited longer, to be admitted or for a lane', parseTimeout)
    .option('--created-from <time>', 'asked for at this time or later, as 2026-12-01T08:00:00Z', parseMoment)
    .option('--created-to <time>', 'asked for at this time or before', parseMoment);

export function filterOf(options: FilterOptions) {
  const { state: states = [], mode: modes = [], failure = [], requester, program, lane } = options;
  const { needsYou, minTries, waitingLonger, createdFrom, createdTo } = options;
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
    ...(needsYou && { needsYou }),
    ...(minTries !== undefined && { minAttempts: minTries }),
    ...(waitingLonger !== undefined && { waitingLongerThan: durationFromMs(waitingLonger) }),
    ...(createdFrom !== undefined && { createdFrom: timestampFromMs(createdFrom) }),
    ...(createdTo !== undefined && { createdTo: timestampFromMs(createdTo) }),
  };
}
