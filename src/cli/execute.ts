// `sealed-prover execute`: runs a program without proving it, on this machine: cycles, gas, public values, or why it fails.

import type { ByteSource } from '../client/client.js';
import { encodeProgram, encodeStdin } from '../client/encode.js';
import { hasExitCode, meaningOfExit } from '../failures/guests.js';
import { ExecuteFailureCause } from '../gen/network/network_pb.js';
import { type Cli, CliError } from './cli.js';
import { formatCount, formatDuration } from './format.js';
import { withLocalEngine } from './localEngine.js';
import { locateEngine } from './locateEngine.js';
import { toJson } from './output.js';
import { readProgram } from './parse.js';

export interface ExecuteOptions {
  readonly program: string;
  readonly cycleLimit?: bigint;
  readonly gasLimit?: bigint;
  readonly engine?: string;
  readonly json?: true;
}

/** "None" in the engine's protocol. */
const unlimited = 2n ** 64n - 1n;

export async function runExecute(cli: Cli, options: ExecuteOptions, inputs: readonly ByteSource[]): Promise<number> {
  const located = locateEngine({ given: options.engine, environment: cli.environment });
  if (!located.found) throw new CliError('ENGINE_MISSING', located.problem);
  const program = await encodeProgram(readProgram(options.program));
  const stdin = await encodeStdin(inputs);
  const { cycleLimit = unlimited, gasLimit = unlimited } = options;
  const startedAt = cli.clock.steady();
  const result = await cli.interruptible((signal) =>
    withLocalEngine(located.path, { clock: cli.clock, signal }, (local) =>
      local.execute({ program, stdin, cycleLimit, gasLimit }, ({ cycles }) => {
        cli.output.draw(
          `… executing · ${formatCount(cycles)} cycles · ${formatDuration(cli.clock.steady() - startedAt)}`,
        );
      }),
    ),
  );
  cli.output.clear();
  const ok = result.cause === 0;
  const cause = ok ? undefined : (ExecuteFailureCause[result.cause] ?? `cause ${result.cause}`);
  const { cycles, gas, publicValues, publicValuesHash, text } = result;
  // A guest that was stopped has none.
  const exitCode = cause === undefined || hasExitCode({ cause }) ? result.exitCode : undefined;
  const meaning = cause === undefined ? undefined : meaningOfExit({ cause, exitCode: result.exitCode });
  if (options.json) {
    cli.output.print(toJson({ ok, cause, reason: text, exitCode, cycles, gas, publicValues, publicValuesHash }));
  } else {
    cli.output.print(ok ? 'Executed' : `FAILED: ${cause}${text === '' ? '' : ` (${text})`}`);
    if (exitCode !== undefined) cli.output.print(`Exit code      ${exitCode}`);
    if (meaning !== undefined) cli.output.print(`               ${meaning}.`);
    cli.output.print(`Cycles         ${formatCount(cycles)}`);
    cli.output.print(`Gas            ${formatCount(gas)}`);
    if (ok) cli.output.print(`Public values  0x${Buffer.from(publicValues).toString('hex')}`);
  }
  return ok ? 0 : 1;
}
