// The commands of `sealed-prover attest`, their options and their help.
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { addGateway } from './gatewayOptions.js';
import { withCollateralOptions, withTargetOptions } from './options.js';
import { parseOrigin, parseUrl } from './parseOptions.js';
import { withListenOptions, withProxyOptions } from './proxyOptions.js';

const exitCodes = `
Exit codes: 0 accepted, 1 rejected, 2 wrong usage or policy, 3 could not be checked (target, collateral or DNS out of reach, and nothing
wrong found).`;

const exitCodesOfProxy = `
Exit codes: 0 stopped, 1 refused, 2 wrong usage or policy, 3 could not be checked.`;

export function addAttest(program: Command, cli: Cli, done: (exitCode: number) => void): void {
  const attest = program.command('attest').description('Check what runs behind a URL before anything is sent to it.');
  const verify = attest
    .command('verify')
    .description('Verify a target’s quote and all that hangs on it, and print a line for each check.')
    .argument('[url]', 'a live target, by its origin', parseUrl)
    .option(
      '--files <dir>',
      'instead of it: what --save has kept, or a folder with the evidence files of dstack-ingress',
    )
    .option('--quote <file>', 'instead of it: a bare quote, as raw bytes, hex, base64 or an agent’s answer');
  withCollateralOptions(withTargetOptions(verify))
    .option('--save <dir>', 'keep evidence, collateral and verdict, for a repeat without a network')
    .option('--json', 'the verdict as a JSON object')
    .addHelpText('after', exitCodes)
    .action(async (url, options) => done(await (await import('./verify.js')).runAttestVerify(cli, url, options)));
  addProxy(attest, cli, done);
  withCollateralOptions(
    attest
      .command('policy')
      .description('Print a policy that pins what a verified target shows, for a person to review.')
      .argument('<url>', 'a live target, by its origin', parseUrl)
      .option('--info <url>', 'where an agent shows the raw compose file, if the target does not', parseUrl)
      .option('--collateral <file>', 'the collateral, from attest collateral: nothing is fetched then'),
  ).action(async (url, options) => done(await (await import('./policy.js')).runAttestPolicy(cli, url, options)));
  withCollateralOptions(
    attest
      .command('collateral')
      .description('Fetch what Intel signs about the platform of a target or a quote, as one file.')
      .argument('<target>', 'the URL of a live target, or a file with a quote')
      .requiredOption('--out <file>', 'where the set goes'),
  ).action(async (target, options) =>
    done(await (await import('./collateral.js')).runAttestCollateral(cli, target, options)),
  );
  addGateway(attest, cli, done);
}

/** What stands between the stock SDK and a service. */
function addProxy(attest: Command, cli: Cli, done: (exitCode: number) => void): void {
  withListenOptions(
    attest
      .command('proxy')
      .description('Serve the stock SDK on this machine, and send what it sends to an attested key alone.')
      .argument('<url>', 'the service, by its origin', parseOrigin),
  )
    .addHelpText('after', exitCodesOfProxy)
    .action(async (url, options) => done(await (await import('./proxy.js')).runAttestProxy(cli, url, options)));
  withProxyOptions(
    attest
      .command('run')
      .description('Run a program that uses the stock SDK behind such a proxy, once the target is accepted.')
      .argument('<url>', 'the service, by its origin', parseOrigin)
      .argument('<command...>', 'the program and its arguments, after --'),
  )
    .addHelpText('after', `${exitCodesOfProxy} Otherwise that of the program.`)
    .action(async (url, command, options) =>
      done(await (await import('./run.js')).runAttestRun(cli, url, command, options)),
    );
}
