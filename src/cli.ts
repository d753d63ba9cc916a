#!/usr/bin/env node
// The command `sealed-prover`: gives cli/ the real terminal, environment and signals.
import { interruptedExitCode } from './cli/cli.js';
import { createOutput } from './cli/output.js';
import { runCli } from './cli/runCli.js';
import { holdingClock } from './clock.js';

/** npm passes Ctrl-C on to a process that the terminal has told already: two within this time are one. */
const oneInterruptMs = 500;

async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let firstAt = 0;
  const onInterrupt = (name: NodeJS.Signals) => {
    if (!controller.signal.aborted) {
      firstAt = holdingClock.now();
      controller.abort(new Error('interrupted'));
    } else if (name === 'SIGTERM' || holdingClock.now() - firstAt > oneInterruptMs) {
      process.exit(interruptedExitCode);
    }
  };
  process.on('SIGINT', onInterrupt).on('SIGTERM', onInterrupt);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', onInterrupt).off('SIGTERM', onInterrupt);
  }
}

// `| head` closes standard output early; that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await runCli(process.argv.slice(2), {
  environment: process.env,
  output: createOutput(process.stdout, process.stderr),
  clock: holdingClock,
  interruptible,
});
