// Where the admin socket of the service is: it is found as `serve` finds its data folder.
import type { Command } from 'commander';
import { printable } from '../../printable.js';
import { type Cli, CliError } from '../cli.js';
import type { AdminCall } from './callAdmin.js';

export interface AdminOptions {
  readonly socket?: string;
  readonly data?: string;
  readonly config?: string;
  readonly json?: true;
  readonly watch?: true;
}

export const withAdminOptions = (command: Command) =>
  command
    .option(
      '--socket <path>',
      'the admin socket of the service (or SEALED_ADMIN; default: admin.sock in its data folder)',
    )
    .option('--data <dir>', 'the data folder of the service, as serve was given it (or SEALED_DATA)')
    .option('--config <file>', 'the configuration file of the service, if that names them')
    .option('--json', 'JSON objects, a line each');

/** Throws CliError. */
export async function connection(
  cli: Cli,
  { socket, data, config: file }: AdminOptions,
  signal: AbortSignal,
): Promise<AdminCall> {
  const socketPath = socket ?? (cli.environment['SEALED_ADMIN'] || (await configured(cli, data, file)));
  return { socketPath, clock: cli.clock, signal, operator: loginName(cli.environment) };
}

const longestName = 40;

/** Behind sudo, whoever has called it. */
const loginName = ({ SUDO_USER, LOGNAME, USER }: Cli['environment']): string =>
  printable(SUDO_USER || LOGNAME || USER || 'unnamed', longestName);

async function configured(cli: Cli, data: string | undefined, file: string | undefined): Promise<string> {
  // The options of the service come with their validation: loaded only where they are needed.
  const { loadServeConfig } = await import('../serveOptions.js');
  const { adminSocket } = loadServeConfig(cli, { flags: { data }, file });
  if (adminSocket !== undefined) return adminSocket.path;
  throw new CliError('ADMIN_OFF', 'The admin socket of this service is off. Start it without --admin-socket off.', 2);
}
