// From the configuration to who quotes this machine. What proves nothing is refused where somebody could take it for a proof.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProvider } from '../attestation/providers/findProvider.js';
import type { QuoteProvider } from '../attestation/providers/quoteProvider.js';
import type { Clock } from '../clock.js';
import type { Config } from '../config/load.js';
import type { Log } from '../log.js';
import type { Random } from '../random.js';

/** A sentence for the user. */
export class AttestStartError extends Error {
  override readonly name = 'AttestStartError';
}

export interface ProviderParameters {
  readonly config: Pick<Config, 'attest' | 'attestSocket'>;
  readonly environment: NodeJS.ProcessEnv;
  /** The data folder. */
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** Which option names the provider, for sentences. */
  readonly option?: 'attest' | 'tee';
}

/** Of the development provider, in the data folder: a verifier is given it by name. */
const rootName = 'dev-root.der';

/** They say of a development quote what runs in its VM: nothing. A registry of a development chain allows them. */
export const developmentMeasurements = {
  mrTd: 'd0'.repeat(48),
  rtmr0: 'd1'.repeat(48),
  rtmr1: 'd2'.repeat(48),
  rtmr2: 'd3'.repeat(48),
  rtmr3: 'd4'.repeat(48),
};

const absences = {
  dstack: 'No dstack agent is there. Mount its socket into this container, or name it with --attest-socket.',
  tappd: 'No tappd is there. Mount its socket into this container, or name it with --attest-socket.',
  tsm: 'This machine has no /sys/kernel/config/tsm/report. Quotes need a TDX guest with Linux 6.7 or later, configfs and the module tdx_guest.',
} as const;
const azure =
  'This is a machine of Azure. Its confidential VMs quote through a vTPM, which takes no report data of ours, and are not supported. Use dstack, or a TDX guest of another host.';
/** What Azure's firmware says of every VM of theirs. */
const azureTag = '7783-7084-3265-9085-8269-3286-77';

/** `root`: below another one, for tests. */
export function isOnAzure(root = ''): boolean {
  try {
    return readFileSync(`${root}/sys/class/dmi/id/chassis_asset_tag`, 'latin1').trim() === azureTag;
  } catch {
    return false;
  }
}

/** Undefined when nothing is to be attested, or `auto` finds no provider. Throws an AttestStartError. */
export async function openProvider(parameters: ProviderParameters): Promise<QuoteProvider | undefined> {
  const { attest } = parameters.config;
  if (attest === 'off') return undefined;
  const provider = attest === 'dev' ? await openDev(parameters) : open(attest, parameters);
  if (provider === undefined) return undefined;
  const { environment, log, option = 'attest' } = parameters;
  if (provider.isSimulated && environment['NODE_ENV'] === 'production')
    throw new AttestStartError(
      `This is production (NODE_ENV), and ${provider.describe()} is no proof of anything. Choose a real provider with --${option}, or off.`,
    );
  log.info({ event: 'attestation.provider', provider: provider.name }, `quotes come from ${provider.describe()}`);
  return provider;
}

function open(attest: Exclude<Config['attest'], 'off' | 'dev'>, of: ProviderParameters): QuoteProvider | undefined {
  const { config, environment, clock, random, log } = of;
  const provider = findProvider(attest, { socket: config.attestSocket, environment, clock, random });
  if (provider !== undefined) return provider;
  if (attest !== 'auto') throw new AttestStartError(isOnAzure() ? azure : absences[attest]);
  log.warn({ event: 'attestation.none' }, 'this machine has no provider of quotes: the service is not attested');
  return undefined;
}

/** Loaded here only: nothing of it is in a service that can prove what it is. */
async function openDev({ clock, random, folder }: ProviderParameters): Promise<QuoteProvider> {
  const { devProvider } = await import('../attestation/dev/devProvider.js');
  const provider = devProvider({ measurements: developmentMeasurements, clock, random });
  writeFileSync(join(folder, rootName), provider.root);
  return provider;
}
