// `sealed-prover attest run`: a program with the stock SDK, whose every byte for the prover goes to an attested key. It does not begin before there
// is one.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { AttestationRefused } from '../../attestation/attested/refusal.js';
import { startProxy } from '../../attestProxy/startProxy.js';
import { createLog } from '../../log.js';
import { systemRandom } from '../../random.js';
import { type Cli, CliError, interruptedExitCode } from '../cli.js';
import { firstLook, openProxyTarget } from './openProxy.js';
import type { ProxyOptions } from './proxyOptions.js';

/** As a shell says it. */
const notFoundExitCode = 127;
const passedSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves with the exit code of the command. Throws CliError when it was not begun: 1 refused, 2 wrong usage, 3 not checked. */
export async function runAttestRun(
  cli: Cli,
  target: URL,
  command: readonly string[],
  options: ProxyOptions,
): Promise<number> {
  cli.outliveReaders();
  const opened = await openProxyTarget(cli, target, options);
  const isInterrupted = await cli.interruptible(async (signal) => {
    try {
      await firstLook(cli, opened, {
        signal,
        show: ({ status, level }) => cli.output.note(`${target.origin}: ${status}, level ${level}.`),
      });
    } catch (error) {
      opened.connections.close();
      if (!signal.aborted) throw error;
    }
    return signal.aborted;
  });
  if (isInterrupted) return interruptedExitCode;
  const proxy = await startProxy({
    target,
    connections: opened.connections,
    listen: { host: '127.0.0.1', port: 0 },
    verdictMs: options.reattest,
    onLook(error) {
      if (error instanceof AttestationRefused) cli.output.note(`The target is not attested now: ${error.message}`);
    },
    clock: cli.clock,
    random: systemRandom,
    log: createLog('warn'),
  });
  try {
    return await run(command, { ...cli.environment, SP1_PROVER: 'hosted', NETWORK_RPC_URL: proxy.url });
  } finally {
    await proxy.stop();
  }
}

function run([name = '', ...words]: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, words, { env, stdio: 'inherit' });
    // A terminal has told the child as well: it is asked to stop once more, and no more than that.
    const pass = (signal: NodeJS.Signals) => child.kill(signal);
    for (const signal of passedSignals) process.on(signal, pass);
    const settle = (finish: () => void) => {
      for (const signal of passedSignals) process.off(signal, pass);
      finish();
    };
    child.once('error', ({ code }: NodeJS.ErrnoException) =>
      settle(() => reject(new CliError('COMMAND_UNUSABLE', `${name} cannot be run (${code}).`, notFoundExitCode))),
    );
    child.once('exit', (code, signal) => settle(() => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL'])));
  });
}
