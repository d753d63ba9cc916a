// The commands of `sealed-prover network`, their options and their help.
import { type Command, InvalidArgumentError } from 'commander';
import { networkKeyVariable } from '../../config/network.js';
import { type Address, parseAddress as addressOf } from '../../ids.js';
import { withDeliveries } from '../admin/deliveryCommands.js';
import { parseUrl } from '../attest/parseOptions.js';
import type { Cli } from '../cli.js';
import { parseId } from '../parse.js';

function parseRequester(text: string): Address {
  const address = addressOf(text);
  if (address === undefined) throw new InvalidArgumentError('Write an address: 40 hex digits, with or without 0x.');
  return address;
}

export function addNetwork(program: Command, cli: Cli, done: (exitCode: number) => void): void {
  const network = program.command('network').description('The public prover network, for those who prove for it.');
  network
    .command('check')
    .description('Ask the network what it knows of a prover’s key. Reads only. Exit code 0 only if it knows an owner.')
    .requiredOption('--network-url <url>', 'the network', parseUrl)
    .option(
      '--network-key-file <file>',
      `the prover’s private key in hex, in a file that only you can read (or ${networkKeyVariable})`,
    )
    .option('--requester <address>', 'whose reservation to look for', parseRequester)
    .option('--request <id>', 'a request whose details to read', parseId)
    .option('--json', 'the result as a JSON object')
    .action(async (options) => done(await (await import('./check.js')).runNetworkCheck(cli, options)));
  withDeliveries(
    network
      .command('list')
      .description('Which reports the network is owed by a running service, and what became of them.'),
  ).action(async (options) => done(await (await import('../admin/deliveries.js')).runDeliveries(cli, options)));
}
