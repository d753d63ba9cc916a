// What every command gets: the outside world, in one place, so that tests can bring their own.
import type { Clock } from '../clock.js';
import type { Output } from './output.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Cli {
  readonly environment: Environment;
  readonly output: Output;
  readonly clock: Clock;
  /** From now on the process goes on when its standard output is closed, which ends it otherwise. */
  outliveReaders(): void;
  /** Runs `work` with a signal that Ctrl-C fires; a second Ctrl-C ends the process at once. */
  interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** The command failed for a reason that a sentence explains. */
export class CliError extends Error {
  override readonly name = 'CliError';
  constructor(
    readonly code: string,
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

/** What was asked for is not understood. */
export const usageExitCode = 2;

/** What the shell expects after Ctrl-C. */
export const interruptedExitCode = 130;
