// The commands of `sealed-prover admin` about what is stored: programs and artifacts.
import { Argument, type Command } from 'commander';
import type { Cli } from '../cli.js';
import { parseCount, parseEach, parseU64 } from '../parse.js';
import { withMaybeActOptions, withYes } from './actOptions.js';
import { withAdminOptions } from './connection.js';

const withPages = (command: Command): Command =>
  command
    .option('--owner <address>', 'only of this address')
    .option('--limit <n>', 'at most so many', parseCount, 20)
    .option('--page <token>', 'go on where an earlier list has ended, with the same filters');

export function addStored(admin: Command, cli: Cli, done: (exitCode: number) => void): void {
  withPages(withAdminOptions(admin.command('programs').description('Programs that clients have registered.'))).action(
    async (options) => done(await (await import('./programs.js')).runPrograms(cli, options)),
  );
  withYes(
    withMaybeActOptions(
      withAdminOptions(admin.command('program').description('Everything about one program, or its end.')),
    ),
  )
    .argument('<hash>', 'the hash of its key, or some digits of it')
    .addArgument(new Argument('[verb]', 'unregisters it').choices(['remove']))
    .action(async (hash, verb, options) => {
      const { runProgram, runRemove } = await import('./programs.js');
      done(await (verb === 'remove' ? runRemove(cli, hash, options) : runProgram(cli, hash, options)));
    });

  withYes(
    withMaybeActOptions(
      withPages(
        withAdminOptions(admin.command('artifacts').description('Programs, inputs and proofs that are stored.')),
      ),
    ),
  )
    .addArgument(
      new Argument('[verb]', 'how much there is, which, read every byte of it, or delete what nothing needs')
        .choices(['usage', 'list', 'verify', 'collect'])
        .default('usage'),
    )
    .option('--rate <bytes>', 'verify reads so many a second, 50000000 unless told', parseU64)
    .option('--kind <kind>', 'only program, stdin or proof. May be given several times', parseEach)
    .action(async (verb, options) => {
      const { runArtifactList, runCollect, runUsage, runVerify } = await import('./artifacts.js');
      const verbs = { usage: runUsage, list: runArtifactList, verify: runVerify, collect: runCollect };
      done(await verbs[verb as keyof typeof verbs](cli, options));
    });
}
