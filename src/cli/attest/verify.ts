// `sealed-prover attest verify`: what a person has to check before a private input leaves the machine, in one command.
import { writeSaved } from '../../attestation/check/target/saved.js';
import type { Verified } from '../../attestation/check/verifyShown.js';
import { type Cli, CliError, usageExitCode } from '../cli.js';
import { readPolicy } from './inputs.js';
import type { AttestOptions } from './options.js';
import { printVerdict } from './outcome.js';
import { readShown } from './readShown.js';
import { untilInterrupted } from './untilInterrupted.js';
import { verifyTarget } from './verifyTarget.js';

export interface VerifyOptions extends AttestOptions {
  readonly files?: string;
  readonly quote?: string;
  readonly save?: string;
  readonly json?: true;
}

/** 0 accepted, 1 rejected, 3 not checked. Throws CliError with 2 for wrong usage, with 3 where nothing answers. */
export async function runAttestVerify(cli: Cli, url: URL | undefined, options: VerifyOptions): Promise<number> {
  const { files, quote } = options;
  if ([url, files, quote].filter((source) => source !== undefined).length !== 1)
    throw new CliError('USAGE', 'Name one target: a URL, --files DIR or --quote FILE.', usageExitCode);
  const policy = await readPolicy(options.policy);
  return await untilInterrupted(cli, async (signal) => {
    const shown = await readShown(cli, { url, files, quote, info: options.info, signal });
    const verified = await verifyTarget(cli, shown, options, { policy, signal });
    if (options.save !== undefined) save(options.save, verified);
    const unreached = verified.isDnsOutOfReach ? (['dns.caa'] as const) : [];
    return printVerdict(cli, verified.verdict, { json: options.json, unreached });
  });
}

function save(folder: string, { shown, collateral, verdict }: Verified): void {
  const more = new Map([['verdict.json', `${JSON.stringify(verdict, null, 2)}\n`]]);
  if ('text' in collateral) more.set('collateral.json', collateral.text);
  writeSaved(folder, shown, more);
}
