// `sealed-prover attest collateral`: a set of collateral as one file, for a verification without a network.
import { existsSync, writeFileSync } from 'node:fs';
import { findCollateral } from '../../attestation/check/collateral/findCollateral.js';
import { adviceOf } from '../../attestation/verify/attestation.js';
import { type Cli, CliError, usageExitCode } from '../cli.js';
import { readRoots } from './inputs.js';
import type { AttestOptions } from './options.js';
import { notCheckedExitCode } from './outcome.js';
import { parseUrl } from './parseOptions.js';
import { readShown } from './readShown.js';
import { untilInterrupted } from './untilInterrupted.js';
import { cacheOf } from './verifyTarget.js';

export interface CollateralOptions extends AttestOptions {
  readonly out: string;
}

/** Writes the file and answers 0. Throws CliError COLLATERAL_UNAVAILABLE with 3. */
export async function runAttestCollateral(cli: Cli, target: string, options: CollateralOptions): Promise<number> {
  return await untilInterrupted(cli, async (signal) => {
    const source = /^https?:\/\//i.test(target) && !existsSync(target) ? { url: parseUrl(target) } : { quote: target };
    const shown = await readShown(cli, { ...source, signal });
    const refused = shown.checks?.find((check) => check.status === 'fail');
    if (shown.quote === undefined)
      throw new CliError(
        refused?.status === 'fail' ? refused.code : 'REPORT_MISSING',
        refused?.detail ?? 'It shows no quote.',
        1,
      );
    const now = options.time ?? Math.floor(cli.clock.now() / 1000);
    const cache = cacheOf(cli, readRoots(options.insecureDevRoot));
    const { quote, collateral: brought } = shown;
    const { pccs } = options;
    const found = await findCollateral({ quote, shown: brought, cache, pccs, now, clock: cli.clock, signal });
    if ('missing' in found) {
      const { missing } = found;
      if (missing.status !== 'fail')
        throw new CliError('QUOTE_MALFORMED', `${target} holds no quote with a chain of certificates.`, usageExitCode);
      throw new CliError(missing.code, `${missing.detail} ${adviceOf[missing.code]}`, notCheckedExitCode);
    }
    writeFileSync(options.out, found.text);
    cli.output.print(`${options.out} (${words[found.from]})`);
    return 0;
  });
}

const words = {
  given: 'as given',
  target: 'from the target itself',
  cache: 'from the cache',
  fetched: 'fetched',
} as const;
