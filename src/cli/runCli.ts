// Runs one command line from its words to its exit code; every failure ends here as a sentence.
import { type Command, CommanderError } from 'commander';
import { ClientError } from '../client/errors.js';
import { fileProblem, isFileError } from '../fileProblem.js';
import { type Cli, CliError, usageExitCode } from './cli.js';
import { jsonVersion, toJson } from './output.js';
import { createProgram } from './program.js';

/** `words`: what follows the program's name. Answers the exit code; never rejects. */
export async function runCli(words: readonly string[], cli: Cli): Promise<number> {
  let exitCode = 0;
  try {
    const program = createProgram(
      cli,
      (code) => {
        exitCode = code;
      },
      await serveOptionsFor(words),
    );
    await program.parseAsync([...words], { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has already said it. Help and version leave through here too, with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageExitCode;
    return report(error, words, cli);
  }
}

/** The service's options come with their validation, whose library costs 50 ms: loaded only where they can be used. */
async function serveOptionsFor(words: readonly string[]): Promise<(command: Command) => void> {
  if (!words.includes('serve') && !words.includes('health')) return () => {};
  return (await import('./serveOptions.js')).addServeOptions;
}

function report(error: unknown, words: readonly string[], cli: Cli): number {
  const { code, message, exitCode, facts } = describe(error);
  // All that `admin` prints for scripts says which version of it this is.
  const version = words[0] === 'admin' ? { v: jsonVersion } : {};
  if (words.includes('--json')) cli.output.print(toJson({ ...version, error: { ...facts, code, message } }));
  else cli.output.note(message);
  return exitCode;
}

function describe(error: unknown): { code: string; message: string; exitCode: number; facts?: object } {
  if (error instanceof CliError) return { code: error.code, message: error.message, exitCode: error.exitCode };
  if (error instanceof ClientError) {
    return { code: error.failure.code, message: error.message, exitCode: 1, facts: error.failure };
  }
  if (isFileError(error)) {
    return { code: 'FILE_UNUSABLE', message: `${error.path} cannot be used: ${fileProblem(error)}.`, exitCode: 1 };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'INTERNAL', message: `This should not have happened:\n${message}`, exitCode: 1 };
}
