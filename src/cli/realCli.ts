// Gives the command the real terminal, environment and signals.

import { holdingClock } from '../clock.js';
import { interruptedExitCode } from './cli.js';
import { createOutput } from './output.js';
import { runCli } from './runCli.js';

/** npm passes Ctrl-C on to a process that already got it from the terminal. Two within this time count as one (ms). */
const oneInterruptMs = 500;

async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let firstAt = 0;
  const onInterrupt = (name: NodeJS.Signals) => {
    if (!controller.signal.aborted) {
      firstAt = holdingClock.steady();
      controller.abort(new Error('interrupted'));
    } else if (name === 'SIGTERM' || holdingClock.steady() - firstAt > oneInterruptMs) {
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

let outlivesReaders = false;
// `| head` closes standard output early; that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (!outlivesReaders) process.exit(error.code === 'EPIPE' ? 0 : 1);
});
// Without a listener the first write to a closed stream would end the process. The work goes on, and the exit code reports how it ended.
process.stderr.on('error', () => {});

process.exitCode = await runCli(process.argv.slice(2), {
  environment: process.env,
  output: createOutput(process.stdout, process.stderr),
  clock: holdingClock,
  interruptible,
  outliveReaders() {
    outlivesReaders = true;
  },
});
