// `sealed-prover admin drain`: stops the service, and stays until it has stopped.
import { Service, type ServiceStatusResponse } from '../../gen/admin/v1/service_pb.js';
import { pause } from '../../pause.js';
import { type Cli, CliError, interruptedExitCode } from '../cli.js';
import { runActs } from './act.js';
import type { ActOptions } from './actOptions.js';
import { type AdminCall, callAdmin } from './callAdmin.js';
import { connection } from './connection.js';
import { jsonLine } from './show.js';
import { ranOutExitCode } from './waitUntil.js';
import { countsIn } from './words.js';

export interface DrainOptions extends ActOptions {
  readonly detach?: true;
  /** Milliseconds. */
  readonly wait?: number;
}

/** Between two looks. */
const restMs = 500;

export async function runDrain(cli: Cli, options: DrainOptions): Promise<number> {
  const life = await cli.interruptible(async (signal) => (await look(await connection(cli, options, signal)))?.life);
  const exitCode = await runActs(cli, options, Service.method.drain, [{}], { isAsked: true });
  if (exitCode !== 0 || options.dryRun === true || options.detach === true) return exitCode;
  return cli.interruptible((signal) => follow(cli, options, signal, life));
}

async function follow(cli: Cli, options: DrainOptions, signal: AbortSignal, life: number | undefined): Promise<number> {
  const to = await connection(cli, options, signal);
  const say = (object: object, text: string) =>
    options.json ? cli.output.print(jsonLine(object)) : cli.output.note(text);
  const until = cli.clock.steady() + (options.wait ?? Number.POSITIVE_INFINITY);
  let last = '';
  while (!signal.aborted) {
    const status = await look(to);
    if (signal.aborted) break;
    if (status === undefined) {
      say({ stopped: true }, 'It has stopped.');
      return 0;
    }
    if (status.life !== life) {
      say({ stopped: true, life: status.life }, `It has stopped, and was started again: life ${status.life}.`);
      return 0;
    }
    const { phase, running } = status;
    const text = `${phase} · running ${countsIn(running)}`;
    if (text !== last) say({ phase, running }, text);
    last = text;
    if (cli.clock.steady() >= until) return ranOutExitCode;
    await pause(cli.clock, restMs, signal);
  }
  return interruptedExitCode;
}

/** Undefined: nobody answers there. */
async function look(to: AdminCall): Promise<ServiceStatusResponse | undefined> {
  try {
    return await callAdmin(Service.method.status, {}, to);
  } catch (error) {
    if (error instanceof CliError && error.code === 'UNREACHABLE') return undefined;
    throw error;
  }
}
