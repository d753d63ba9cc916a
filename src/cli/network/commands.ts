// The commands of `sealed-prover network`, their options and their help.
import { type Command, InvalidArgumentError } from 'commander';
import { networkKeyVariable } from '../../config/network.js';
import { type Address, parseAddress as addressOf } from '../../ids.js';
import { withAdminOptions } from '../admin/connection.js';
import { parseUrl } from '../attest/parseOptions.js';
import type { Cli } from '../cli.js';
import { parseCount, parseId } from '../parse.js';

function parseRequester(text: string): Address {
  const address = addressOf(text);
  if (address === undefined) throw new InvalidArgumentError('Write an address: 40 hex digits, with or without 0x.');
  return address;
}

const each = (value: string, before: readonly string[] = []) => [...before, value];

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
  withAdminOptions(
    network
      .command('list')
      .description('Which reports the network is owed by a running service, and what became of them.')
      .option('--state <state>', 'only these, such as refused. May be given several times', each)
      .option('--limit <n>', 'at most so many', parseCount, 100)
      .option('--after <id>', 'go on behind this id'),
  ).action(async (options) => done(await (await import('./list.js')).runNetworkList(cli, options)));
}
