// The commands of `sealed-prover admin` that are about reports to the public network.
import { Argument, type Command } from 'commander';
import type { Cli } from '../cli.js';
import { parseCount, parseEach } from '../parse.js';
import { type ShownOptions, withMaybeActOptions, withSeq, withYes } from './actOptions.js';
import { withAdminOptions } from './connection.js';
import { type DeliveriesOptions, type DeliveryStep, deliverySteps } from './deliveryOptions.js';

/** Also of `network list`, which says the same. */
export const withDeliveries = (command: Command): Command =>
  withAdminOptions(command)
    .option('--state <state>', 'only these, such as refused. May be given several times', parseEach)
    .option('--limit <n>', 'at most so many', parseCount, 100)
    .option('--after <id>', 'go on behind this id');

const watchHelp = 'look again whenever something happens, until Ctrl-C';

export function addDeliveries(admin: Command, cli: Cli, done: (exitCode: number) => void): void {
  withDeliveries(admin.command('deliveries').description('Reports that the public network is owed, and their fate.'))
    .option('--watch', watchHelp)
    .action(async (options: DeliveriesOptions) =>
      done(await (await import('./deliveries.js')).runDeliveries(cli, options)),
    );
  withYes(
    withSeq(
      withMaybeActOptions(
        withAdminOptions(
          admin.command('delivery').description('Everything about one of them, or try it, or give it up.'),
        ),
      ),
    ),
  )
    .argument('<id>', 'its id, or some digits of it')
    .addArgument(new Argument('[step]', 'what to do').choices(deliverySteps))
    .option('--history', 'its transitions instead')
    .option('--watch', watchHelp)
    .action(async (id: string, step: DeliveryStep | undefined, options: ShownOptions) =>
      done(await (await import('./deliveries.js')).runDelivery(cli, id, step, options)),
    );
}
