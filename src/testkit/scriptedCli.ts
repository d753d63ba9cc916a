// A command line without a terminal, for tests: keeps what is written, and hands out a signal that the test fires.
import { Writable } from 'node:stream';
import type { Cli, Environment } from '../cli/cli.js';
import { createOutput, type Screen } from '../cli/output.js';
import { type Clock, holdingClock } from '../clock.js';

export interface ScriptedCli extends Cli {
  /** Standard output and standard error so far. */
  readonly out: () => string;
  readonly err: () => string;
  /** Ctrl-C. */
  interrupt(): void;
}

function screen(isTTY: boolean): { screen: Screen; text: () => string } {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  return { screen: Object.assign(stream, { isTTY, columns: 80 }), text: () => text };
}

export function scriptedCli(
  environment: Environment,
  { isTTY = false, clock = holdingClock }: { isTTY?: boolean; clock?: Clock } = {},
): ScriptedCli {
  const [out, err] = [screen(isTTY), screen(isTTY)];
  const controller = new AbortController();
  return {
    environment,
    output: createOutput(out.screen, err.screen),
    clock,
    outliveReaders: () => undefined,
    interruptible: (work) => work(controller.signal),
    out: out.text,
    err: err.text,
    interrupt: () => controller.abort(),
  };
}
