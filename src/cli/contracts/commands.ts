// The commands of `sealed-prover contracts`, their options and their help.
import { type Command, Option } from 'commander';
import { parseUrl } from '../attest/parseOptions.js';
import type { Cli } from '../cli.js';
import { addMeasurement, parseAddress, parseChainId } from './parseOptions.js';

export function addContracts(program: Command, cli: Cli, done: (exitCode: number) => void): void {
  program
    .command('contracts')
    .description('The on-chain half of TEE proofs.')
    .command('deploy')
    .description('Deploy registry and MultiProof, and print their addresses and what they cost.')
    .requiredOption('--rpc <url>', 'an RPC of the chain', parseUrl)
    .requiredOption('--chain-id <n>', 'the chain that is meant: another one is refused', parseChainId)
    .requiredOption('--key-file <file>', 'the deployer’s private key in hex, in a file that only you can read')
    .option('--verifier <address>', 'the DCAP verifier contract of that chain', parseAddress)
    .addOption(
      new Option('--mock-verifier', 'deploy one that believes every quote, on chain 31337 or 1337 only').conflicts(
        'verifier',
      ),
    )
    .option('--owner <address>', 'who may change parameters (default: the deployer)', parseAddress)
    .option('--guardian <address>', 'who may revoke, beside the owner (default: none)', parseAddress)
    .option('--gateway <address>', 'SP1’s verifier gateway, for verifyBoth (default: none)', parseAddress)
    .option('--measurement <id>', 'what may register; may be repeated (default: nothing)', addMeasurement, [])
    .option('--json', 'the result as a JSON object')
    .action(async (options) => done(await (await import('./deploy.js')).runContractsDeploy(cli, options)));
}
