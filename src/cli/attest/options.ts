// What the commands of `attest` are told, shared by all of them.
import { type Command, Option } from 'commander';
import { parseDnsServer, parseTime, parseUrl } from './parseOptions.js';

export interface AttestOptions {
  readonly policy?: string;
  readonly require?: 'genuine' | 'bound' | 'identified';
  readonly info?: URL;
  readonly dns?: string;
  readonly collateral?: string;
  readonly pccs?: URL;
  readonly time?: number;
  readonly insecureDevRoot?: string;
}

/** What the target may be asked, and what it is compared with. */
export const withTargetOptions = (command: Command) =>
  command
    .option(
      '--policy <file>',
      'what must run there (docs/attestation.md); without one the code is compared with nothing',
    )
    .addOption(new Option('--require <level>', 'instead of the policy’s').choices(['genuine', 'bound', 'identified']))
    .option('--info <url>', 'where an agent shows the raw compose file, if the target does not', parseUrl)
    .option('--dns <address>', 'ask this DNS server for CAA records: 192.0.2.1 or 192.0.2.1:53', parseDnsServer)
    .option('--collateral <file>', 'the collateral, from attest collateral: nothing is fetched then');

export const withCollateralOptions = (command: Command) =>
  command
    .option('--pccs <url>', 'fetch collateral from this PCCS (default: from Intel)', parseUrl)
    .option('--time <time>', 'verify as of this time: seconds since 1970, or 2026-01-31T12:00:00Z', parseTime)
    .option('--insecure-dev-root <file>', 'believe this root certificate instead of Intel’s: proves nothing');
