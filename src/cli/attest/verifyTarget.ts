// What the commands of `attest` verify a target with: the files that a person has named, and the folders of the user.
import { join } from 'node:path';
import { type CollateralCache, createCollateralCache } from '../../attestation/check/collateral/collateralCache.js';
import { createGenerations } from '../../attestation/check/generations.js';
import type { Shown } from '../../attestation/check/target/shown.js';
import { type Verified, type Verifying, verifyShown } from '../../attestation/check/verifyShown.js';
import { intelRoot, type ReadPolicy } from '../../attestation/verify/attestation.js';
import { systemRandom } from '../../random.js';
import type { Cli } from '../cli.js';
import { cacheFolder, stateFolder } from '../folders.js';
import { readRoots, readTextInput } from './inputs.js';
import type { AttestOptions } from './options.js';

/** A set of collateral; real ones have 16 to 25 KiB. */
const mostCollateralBytes = 4 * 1_048_576;

/** Throws CliError for files that cannot be used. */
export async function verifyTarget(
  cli: Cli,
  shown: Shown,
  options: AttestOptions,
  { policy, signal }: { policy: ReadPolicy | undefined; signal: AbortSignal },
): Promise<Verified> {
  return await verifyShown(shown, verifyingOf(cli, options, policy), signal);
}

/** Throws CliError for files that cannot be used. */
export function verifyingOf(cli: Cli, options: AttestOptions, policy: ReadPolicy | undefined): Verifying {
  const roots = readRoots(options.insecureDevRoot);
  const given = options.collateral === undefined ? undefined : readTextInput(options.collateral, mostCollateralBytes);
  const folder = stateFolder(cli.environment);
  const root = roots?.[0] ?? intelRoot;
  return {
    policy,
    require: options.require,
    roots,
    collateral: given,
    pccs: options.pccs,
    dns: options.dns,
    time: options.time,
    cache: cacheOf(cli, roots),
    generations: folder
      ? createGenerations(join(folder, 'attestation', 'generations.json'), { root, random: systemRandom })
      : undefined,
    clock: cli.clock,
  };
}

/** Where there is no home there is no cache. */
export function cacheOf({ environment }: Cli, roots: readonly string[] | undefined): CollateralCache | undefined {
  const folder = cacheFolder(environment);
  return folder === undefined
    ? undefined
    : createCollateralCache(join(folder, 'attestation', 'collateral'), roots?.[0] ?? intelRoot, systemRandom);
}
