// Ctrl-C ends a look at a target like any other command: with a sentence, and the code that a shell expects.
import { type Cli, interruptedExitCode } from '../cli.js';

export const untilInterrupted = (cli: Cli, work: (signal: AbortSignal) => Promise<number>): Promise<number> =>
  cli.interruptible(async (signal) => {
    try {
      return await work(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      cli.output.note('Interrupted. Nothing was verified.');
      return interruptedExitCode;
    }
  });
