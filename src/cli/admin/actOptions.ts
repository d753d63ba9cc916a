// The options that all actions of `sealed-prover admin` have in common: a reason, a dry run, and that nothing is ended without `--yes`.
import type { Command } from 'commander';
import { parseSeq, parseUuid } from '../parse.js';
import { type AdminOptions, withAdminOptions } from './connection.js';
import type { FilterOptions } from './filterOptions.js';

export interface ActOptions extends AdminOptions {
  readonly reason: string;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly operationId?: string;
  readonly ifSeq?: number;
}

export const withActOptions = (command: Command): Command =>
  withAdminOptions(command)
    .requiredOption('--reason <text>', 'why, for the audit: 3 to 200 characters')
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
export const laneVerbs = ['drain', 'resume', 'restart', 'stop', 'start'] as const;
export type LaneVerb = (typeof laneVerbs)[number];

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

export interface IntakeOptions extends ActOptions {
  readonly for: number;
}

export interface LaneOptions extends ActOptions {
  readonly force?: true;
}
