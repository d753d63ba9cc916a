// The commands of `sealed-prover admin` that are about the keys of TEE proofs.
import { Argument, type Command } from 'commander';
import type { Cli } from '../cli.js';
import {
  type MaybeActOptions,
  type ShownOptions,
  type SignersStep,
  signersSteps,
  withMaybeActOptions,
  withSeq,
} from './actOptions.js';
import { withAdminOptions } from './connection.js';

const watchHelp = 'look again whenever something happens, until Ctrl-C';

export function addSigners(admin: Command, cli: Cli, done: (exitCode: number) => void): void {
  withMaybeActOptions(
    withAdminOptions(
      admin.command('signers').description('Keys that sign TEE proofs, the youngest first, or a new one.'),
    ),
  )
    .addArgument(
      new Argument('[step]', 'begin a new key, or show the registration that waits for you to send it').choices(
        signersSteps,
      ),
    )
    .option('--watch', watchHelp)
    .action(async (step: SignersStep | undefined, options: MaybeActOptions) =>
      done(await (await import('./signers.js')).runSigners(cli, step, options)),
    );
  withSeq(
    withMaybeActOptions(
      withAdminOptions(admin.command('signer').description('Everything about one of them, or its next try now.')),
    ),
  )
    .argument('<id>', 'its id, or some digits of it')
    .addArgument(new Argument('[step]', 'what to do').choices(['retry-now']))
    .option('--history', 'its transitions instead')
    .option('--watch', watchHelp)
    .action(async (id: string, step: 'retry-now' | undefined, options: ShownOptions) =>
      done(await (await import('./signers.js')).runSigner(cli, id, step, options)),
    );
}
