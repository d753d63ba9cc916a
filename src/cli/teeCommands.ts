// `sealed-prover tee …`: what has to do with signatures in place of proofs.
import { type Command, Option } from 'commander';
import { withActOptions } from './admin/actOptions.js';
import { withAdminOptions } from './admin/connection.js';
import { withCollateralOptions } from './attest/options.js';
import { parseUrl } from './attest/parseOptions.js';
import type { Cli } from './cli.js';
import {
  addMeasurement,
  addTcbStatus,
  parseChainId,
  parseAddress as parseContractAddress,
} from './contracts/parseOptions.js';
import { parseAddresses, parseHexBytes, parseProgramHash } from './parse.js';

export function addTee(program: Command, cli: Cli, done: (exitCode: number) => void): void {
  const tee = program.command('tee').description('Mode tee: a signature over what a program committed to.');
  withCollateralOptions(tee.command('verify'))
    .description('Check a TEE proof on this machine. Exit code 0 only if every check holds.')
    .argument('<proof>', 'a file, as prove --mode tee or /wait_proof wrote it')
    .addOption(new Option('--program <elf>', 'the guest that it has to be of').conflicts(['vkHash', 'vkey']))
    .option('--vk-hash <hex>', 'that guest, by the hash of its key', parseProgramHash)
    .option('--vkey <hex>', 'that guest, by the bytes32 of SP1’s contracts', parseProgramHash)
    .option('--signer <address>', 'a key that you trust; may be given several times', parseAddresses)
    .option('--public-values <hex>', 'what the guest has to have committed to', parseHexBytes)
    .option(
      '--rpc <url>',
      'ask a registry on a chain whether the key is registered: by this RPC, which is believed',
      parseUrl,
    )
    .option('--chain-id <n>', 'that chain', parseChainId)
    .option('--registry <address>', 'that registry', parseContractAddress)
    .option(
      '--measurement <id>',
      'what may have signed, not only what the registry allows; may be repeated',
      addMeasurement,
    )
    .option('--dcap-verifier <address>', 'who may have accepted its quote; may be repeated', parseAddresses)
    .option(
      '--tcb-status <n>',
      'what its platform may be, by the verifier’s numbers (0 is UpToDate); may be repeated',
      addTcbStatus,
    )
    .option('--quote <file>', 'what GET /tee/signers/0x… has answered for the key: verify its quote')
    .option('--policy <file>', 'with --quote: what must run there (docs/attestation.md)')
    .option('--collateral <file>', 'with --quote: the collateral, from attest collateral; nothing is fetched then')
    .option('--engine <file>', 'the engine binary, with --program (or SEALED_ENGINE)')
    .option('--json', 'the verdict as a JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  $ sealed-prover tee verify fibonacci.tee.proof --program fibonacci.elf --signer 0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1',
    )
    .action(async (proof: string, options) =>
      done(await (await import('./verifyTee.js')).runTeeVerify(cli, proof, options)),
    );
  addOperator(tee, cli, done);
  tee
    .command('measure')
    .description('Print the ids by which a prover registry knows what runs in this VM.')
    .option('--quote <file>', 'of another VM: a quote, as raw bytes, hex, base64 or an agent’s answer')
    .option('--socket <file>', 'where the agent of this VM is')
    .option('--json', 'a JSON object')
    .action(async (options) => done(await (await import('./teeMeasure.js')).runTeeMeasure(cli, options)));
}

function addOperator(tee: Command, cli: Cli, done: (exitCode: number) => void): void {
  withAdminOptions(
    tee.command('status').description('Show the keys of the service that runs here. Exit code 0 only if one signs.'),
  ).action(async (options) => done(await (await import('./teeOperator.js')).runTeeStatus(cli, options)));
  withActOptions(
    tee
      .command('rotate')
      .description('Have that service make a new key now. The present one signs until the new one is registered.'),
  ).action(async (options) => done(await (await import('./teeOperator.js')).runTeeRotate(cli, options)));
}
