// From the configuration to who signs in mode tee. What proves nothing is refused where somebody could take it for a proof.
import type { QuoteProvider } from '../attestation/providers/quoteProvider.js';
import { createQuoteQueue, type QuoteQueue } from '../attestation/reports/quoteQueue.js';
import type { Clock } from '../clock.js';
import type { Config } from '../config/load.js';
import type { Log } from '../log.js';
import type { Random } from '../random.js';
import type { Registrar } from '../signers/registrar/registrar.js';
import { signingSummary } from '../signers/signerStatus.js';
import { createSigners, type Signers } from '../signers/signers.js';
import type { Store } from '../store/environment.js';
import { openProvider } from './attestProvider.js';
import { keyExposures } from './keyExposure.js';
import type { Lifecycle } from './lifecycle.js';
import type { OpenedRecords } from './openRecords.js';
import { openRegistrar } from './openRegistrar.js';
import type { TeePorts } from './ports.js';
import { openTeePrograms } from './teePrograms.js';
import { TeeStartError } from './teeStartError.js';

export interface OpenedTee extends TeePorts {
  readonly signers: Signers;
  readonly registrar: Registrar;
}

export interface OpenTeeParameters {
  readonly config: Config;
  readonly environment: NodeJS.ProcessEnv;
  /** The data folder. */
  readonly folder: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly lifecycle: Pick<Lifecycle, 'onStop'>;
  readonly records: OpenedRecords;
  /** Of the attestation, which is the same one where both are told the same; with the line before it. */
  readonly attested?: { readonly provider: QuoteProvider; readonly queue: QuoteQueue } | undefined;
}

/** A successor is begun so much earlier than it is needed: a registration takes minutes on a bad day (s). */
const usualLead = 300;
/** Between two questions to the registry about the active key (ms). */
const watchEveryMs = 12_000;

/** Undefined when nothing is signed here. Throws a TeeStartError, AttestStartError, WatchedFileError or RestoreError. */
export async function openTee(parameters: OpenTeeParameters): Promise<OpenedTee | undefined> {
  const { config, store, clock, random, log, lifecycle } = parameters;
  if (config.tee === 'off') return undefined;
  if (config.logLevel === 'trace' && parameters.environment['NODE_ENV'] === 'production')
    throw new TeeStartError(
      'This is production (NODE_ENV), and --log-level trace says more than a service with signing keys may. Choose debug or less.',
    );
  const { provider, queue } = await quoting(parameters, config.tee);
  const programs = openTeePrograms(config.teePrograms, { clock, log });
  lifecycle.onStop(() => programs.close());
  const registrar = await openRegistrar({ ...parameters, provider });
  const rotateAfter = config.teeRotate / 1000;
  const signers = createSigners({
    ...parameters.records,
    store,
    clock,
    random,
    log,
    registrar,
    queue,
    isSimulated: provider.isSimulated,
    terms: {
      rotateAfter,
      lead: Math.min(usualLead, rotateAfter / 2),
      minRemaining: config.teeMinRemaining / 1000,
      watchEveryMs,
    },
  });
  lifecycle.onStop(() => signers.stop());
  await signers.start();
  for (const exposure of keyExposures()) log.warn({ event: 'tee.exposed' }, exposure);
  if (provider.isSimulated)
    log.warn(
      { event: 'tee.simulated', provider: provider.name },
      `TEE proofs of this service prove nothing: their keys have ${provider.describe()}`,
    );
  // In memory alone: after a restart nothing of the store is believed, and what was not signed is executed again.
  return {
    signer: signers,
    voucherKey: random.bytes(32),
    health: () => signingSummary(signers),
    isSignedFor: (vkHash) => programs.isSignedFor(vkHash),
    signers,
    registrar,
  };
}

/** One line before a provider: it is asked for one quote at a time. */
async function quoting(
  { attested, lifecycle, ...parameters }: OpenTeeParameters,
  wanted: Exclude<Config['tee'], 'off'>,
) {
  if (attested?.provider.name === wanted) return attested;
  const config = { attest: wanted, attestSocket: undefined };
  const provider = await openProvider({ ...parameters, config, option: 'tee' });
  if (provider === undefined) throw new TeeStartError(`No provider ${wanted} is there.`);
  const queue = createQuoteQueue({ provider, ...parameters });
  lifecycle.onStop(() => queue.close());
  return { provider, queue };
}
