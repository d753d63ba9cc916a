// The quote of the key that has signed a TEE proof, from a file: with collateral that is given, kept from before, or fetched.
import { findCollateral } from '../attestation/check/collateral/findCollateral.js';
import { parseShownSigner } from '../client/shownSigner.js';
import type { TeeCheck } from '../client/verifyTeeProof.js';
import { checkQuote } from '../client/verifyTeeProofByQuote.js';
import type { Address } from '../ids.js';
import { readPolicy, readTextInput } from './attest/inputs.js';
import type { AttestOptions } from './attest/options.js';
import { verifyingOf } from './attest/verifyTarget.js';
import type { Cli } from './cli.js';

export interface TeeQuoteOptions extends Pick<AttestOptions, 'collateral' | 'pccs' | 'time' | 'insecureDevRoot'> {
  readonly quote: string;
  readonly policy?: string;
  readonly chainId?: number;
  readonly registry?: string;
}

const mostShownBytes = 4 * 1_048_576;
const mostPolicyBytes = 1_048_576;

/** Throws CliError for files that cannot be used. */
export async function checkTeeQuote(
  cli: Cli,
  options: TeeQuoteOptions,
  signer: Address | undefined,
  signal: AbortSignal,
): Promise<TeeCheck> {
  // Said as wrong usage before anything is looked at.
  await readPolicy(options.policy);
  const policy = options.policy === undefined ? undefined : readTextInput(options.policy, mostPolicyBytes);
  const shownSigner = readTextInput(options.quote, mostShownBytes);
  const verifying = verifyingOf(cli, options, undefined);
  const { clock, cache, pccs, roots } = verifying;
  const now = verifying.time ?? Math.floor(clock.now() / 1000);
  const shown = parseShownSigner(shownSigner);
  const found = await findCollateral({
    quote: shown?.quote,
    given: verifying.collateral,
    shown: shown?.collateral,
    cache,
    pccs,
    now,
    clock,
    signal,
  });
  const { check } = await checkQuote(signer, {
    shownSigner,
    collateral: 'text' in found ? found.text : undefined,
    policy,
    chainId: options.chainId,
    registry: options.registry,
    now,
    insecureDevRoots: roots,
  });
  return check.ok || 'text' in found ? check : { ...check, detail: `${check.detail} ${found.missing.detail}` };
}
