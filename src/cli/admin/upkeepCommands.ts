// The commands of `sealed-prover admin` that keep a service well.
import { type Command, InvalidArgumentError } from 'commander';
import { durationForm, parseDurationMs } from '../../config/duration.js';
import type { Cli } from '../cli.js';
import { parseTimeout } from '../parse.js';
import { withActOptions, withYes } from './actOptions.js';
import { withAdminOptions } from './connection.js';

function parseTime(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined) throw new InvalidArgumentError(`Write ${durationForm}.`);
  return ms;
}

export function addUpkeep(admin: Command, cli: Cli, done: (exitCode: number) => void): void {
  withAdminOptions(admin.command('backup').description('A backup of the running service, for sealed-prover restore.'))
    .argument('<folder>', 'where the service writes it: not there yet')
    .option('--with-inputs', 'with inputs of open requests and the key of upload URLs: as secret as the service')
    .action(async (folder, options) => done(await (await import('./upkeep.js')).runBackup(cli, folder, options)));
  withAdminOptions(
    admin
      .command('check')
      .description('Look through the data of the running service. Exit code 8 when something is wrong.'),
  )
    .option('--deep', 'read every byte of the artifacts too')
    .action(async (options) => done(await (await import('./upkeep.js')).runLiveCheck(cli, options)));
  withActOptions(admin.command('log-level').description('Another level of the log, for a while.'))
    .argument('<level>', 'fatal, error, warn, info, debug or trace')
    .option('--for <time>', 'until it is again as configured, 24h at most', parseTime, 3_600_000)
    .action(async (level, options) => done(await (await import('./upkeep.js')).runLogLevel(cli, level, options)));
  withYes(
    withActOptions(
      admin.command('drain').description('Stop the service as SIGTERM does, and stay until it has stopped.'),
    ),
  )
    .option('--follow', 'stay until it has stopped: the default')
    .option('--detach', 'do not stay')
    .option('--wait <time>', 'stay at most so long; exit code 7 when that was not enough', parseTimeout)
    .action(async (options) => done(await (await import('./drain.js')).runDrain(cli, options)));
}
