// Commands on a data folder that no service is using.
import type { Command } from 'commander';
import type { Cli } from '../cli.js';

export function addData(program: Command, cli: Cli, done: (exitCode: number) => void): void {
  program
    .command('check')
    .description('Look through a data folder that no service uses. Exit code 8 when something in it is wrong.')
    .option('--data <dir>', 'the data folder, as serve was given it (or SEALED_DATA)')
    .option('--config <file>', 'the configuration file of the service, if that names it')
    .option('--deep', 'read every byte of the artifacts too')
    .option('--json', 'JSON objects, a line each')
    .action(async (options) => done(await (await import('./check.js')).runCheck(cli, options)));
  program
    .command('restore')
    .description('Restore a backup (admin backup) into an empty or a new data folder, and look through it.')
    .argument('<folder>', 'the backup')
    .requiredOption('--data <dir>', 'the data folder to be')
    .option('--json', 'the result as a JSON object')
    .action(async (folder, options) => done(await (await import('./restore.js')).runRestore(cli, folder, options)));
}
