// From the configuration to who registers the keys of mode tee. A registry that cannot be what it is taken for is refused at the start.
import type { DevProvider } from '../attestation/dev/devProvider.js';
import type { QuoteProvider } from '../attestation/providers/quoteProvider.js';
import type { Clock } from '../clock.js';
import type { Config } from '../config/load.js';
import type { Address } from '../ids.js';
import type { Log } from '../log.js';
import { createChainRegistrar } from '../signers/registrar/chainRegistrar.js';
import { KeyFileError, readKeyFile } from '../signers/registrar/keyFile.js';
import { createOffChainRegistrar } from '../signers/registrar/offChain.js';
import { type Registrar, RegistrarError } from '../signers/registrar/registrar.js';
import { ChainError } from '../signers/registrar/registryChain.js';
import { registryProblem } from '../signers/registrar/registryProblem.js';
import { TeeStartError } from './teeStartError.js';

export interface OpenRegistrarParameters {
  readonly config: Config;
  readonly environment: NodeJS.ProcessEnv;
  readonly provider: QuoteProvider;
  readonly clock: Clock;
  readonly log: Log;
}

/** Ethereum, Sepolia, Holesky, Hoodi: their last blocks are replaced now and then. */
const reorganised: readonly number[] = [1, 11_155_111, 17_000, 560_048];
/** Of one question to one RPC (ms). */
const timeoutMs = 10_000;
/** Between two looks at the chain (ms). */
const pollEveryMs = 4_000;
const gwei = 1_000_000_000n;

/** Rejects with a TeeStartError. */
export async function openRegistrar(parameters: OpenRegistrarParameters): Promise<Registrar> {
  const { config, provider, clock } = parameters;
  const { teeRegistry: registry, teeChainId: chainId } = config;
  if (registry !== undefined && chainId !== undefined) return openChainRegistrar(parameters, { registry, chainId });
  const developmentRoot = provider.name === 'dev' ? (provider as DevProvider).root : undefined;
  return createOffChainRegistrar({ clock, developmentRoot });
}

async function openChainRegistrar(
  { config, environment, clock, log }: OpenRegistrarParameters,
  place: { readonly registry: Address; readonly chainId: number },
): Promise<Registrar> {
  const accountKey = config.teeKeyFile === undefined ? undefined : readKey(config.teeKeyFile);
  // Only here: it takes a while to load, and most services have no registry.
  const [{ connect, createViemChain }, { readRegistryFacts }] = await Promise.all([
    import('../signers/registrar/viemChain.js'),
    import('../signers/registrar/registryFacts.js'),
  ]);
  const reach = { urls: config.teeRpc, timeoutMs };
  const client = connect(reach);
  const expected = {
    ...place,
    binding: config.teeBinding,
    isProduction: environment['NODE_ENV'] === 'production',
    tcbStatuses: config.teeTcbStatuses.map(Number),
  };
  let isVersion2 = true;

  /** Rejects with a ChainError when nobody answers. */
  async function look(): Promise<string | undefined> {
    const facts = await readRegistryFacts(client, place.registry);
    isVersion2 = facts.domainSeparator !== undefined;
    return registryProblem(facts, expected);
  }
  async function check(): Promise<void> {
    const problem = await look();
    if (problem !== undefined) throw new RegistrarError({ cause: 'refused', helps: 'nothing', detail: problem });
  }

  await look().then(
    (problem) => {
      if (problem !== undefined) throw new TeeStartError(problem);
    },
    (error: unknown) => {
      if (!(error instanceof ChainError)) throw error;
      // Proofs of the other modes need no chain. No key is quoted before the registry was looked at.
      log.warn(
        { event: 'chain.silent', problem: error.message },
        'the registry of mode tee cannot be asked yet: no key signs until it can',
      );
    },
  );
  return createChainRegistrar({
    chain: createViemChain({ ...reach, ...place, accountKey, isVersion2: () => isVersion2 }),
    ...place,
    binding: config.teeBinding,
    sender: config.teeRegistrar,
    confirmations: config.teeConfirmations ?? (reorganised.includes(place.chainId) ? 3 : 1),
    maxFee: BigInt(config.teeMaxFee) * gwei,
    pollEveryMs,
    check,
    clock,
    log,
  });
}

function readKey(path: string): Uint8Array {
  try {
    return readKeyFile(path, '--tee-key-file');
  } catch (error) {
    if (error instanceof KeyFileError) throw new TeeStartError(error.message, { cause: error });
    throw error;
  }
}
