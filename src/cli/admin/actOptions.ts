// The options that all actions of `sealed-prover admin` have in common: a reason, a dry run, and that nothing is ended without `--yes`.
import type { Command } from 'commander';
import { CliError } from '../cli.js';
import { parseSeq, parseUuid } from '../parse.js';
import { type AdminOptions, withAdminOptions } from './connection.js';
import { type FilterOptions, filterNames } from './filterOptions.js';

export interface ActOptions extends AdminOptions {
  readonly reason: string;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly operationId?: string;
  readonly ifSeq?: number;
}

export const withActOptions = (command: Command): Command =>
  withChangeOptions(withAdminOptions(command).requiredOption('--reason <text>', reasonHelp));

const reasonHelp = 'why, for the audit: 3 to 200 characters';

/** For commands that only show where they are given nothing to do. */
export const withMaybeActOptions = (command: Command): Command =>
  withChangeOptions(command.option('--reason <text>', `of what is done: ${reasonHelp}`));

const withChangeOptions = (command: Command): Command =>
  command
    .option('--dry-run', 'say what would happen, and do nothing')
    .option('--operation-id <uuid>', 'the same one again within 24 hours is done only once', parseUuid);

/** For those that end or lose something. */
export const withYes = (command: Command): Command =>
  command.option('--yes', 'do it; without it, it is only said what would happen');

/** For those on a request. */
export const withSeq = (command: Command): Command =>
  command.option('--if-seq <n>', 'only if this is still the number of its last transition', parseSeq);

export const pauseVerbs = ['pause', 'resume'] as const;
export type PauseVerb = (typeof pauseVerbs)[number];
export const programVerbs = ['set-up', 'forget'] as const;
export type ProgramVerb = (typeof programVerbs)[number];
export const laneVerbs = ['drain', 'resume', 'restart', 'stop', 'start', ...programVerbs] as const;
export type LaneVerb = (typeof laneVerbs)[number];

export const signersSteps = ['rotate', 'registration'] as const;
export type SignersStep = (typeof signersSteps)[number];

export const manyActions = [
  'cancel',
  'retry',
  'retry-now',
  'give-up',
  'release',
  'priority-first',
  'priority-normal',
  'priority-last',
] as const;

export interface ManyOptions extends ActOptions, Omit<FilterOptions, 'reason'> {
  readonly count?: number;
}

export interface OnRequestsOptions extends ManyOptions {
  readonly allMatching?: true;
}

/** Throws a CliError where it is not clear which requests are meant. */
export function assertTargets(ids: readonly string[], options: OnRequestsOptions): void {
  const wrong = (problem: string) => new CliError('NOT_UNDERSTOOD', problem, 2);
  const { allMatching, count, ifSeq } = options;
  if (allMatching) {
    if (ids.length > 0) throw wrong('Give ids or --all-matching, not both.');
    if (ifSeq !== undefined) throw wrong('--if-seq is about one request, and not for --all-matching.');
    return;
  }
  if (ids.length === 0) throw wrong('Which requests? Give their ids, or --all-matching with filters.');
  if (count !== undefined || filterNames.some((name) => options[name] !== undefined))
    throw wrong('Filters and --count go with --all-matching: requests that are named by their ids are all meant.');
}

export interface MaybeActOptions extends Omit<ActOptions, 'reason'> {
  readonly reason?: string;
}

export interface ShownOptions extends MaybeActOptions {
  /** Its transitions are shown instead. */
  readonly history?: true;
}

/** Throws a CliError where the reason is missing. */
export function assertReason(options: MaybeActOptions): asserts options is ActOptions {
  if (options.reason === undefined) throw new CliError('NOT_UNDERSTOOD', 'Say why, with --reason.', 2);
}

export interface IntakeOptions extends ActOptions {
  readonly for: number;
}

export interface LaneOptions extends ActOptions {
  /** Milliseconds. */
  readonly wait?: number;
  readonly force?: true;
  /** Not waited for until its program is set up or freed. */
  readonly detach?: true;
}
