// Which of the real providers this machine has, and each by its name. The development provider is none of them: it has to be asked for.
import { existsSync } from 'node:fs';
import type { Clock } from '../../clock.js';
import type { Random } from '../../random.js';
import type { AgentEndpoint } from './askAgent.js';
import { dstackProvider, dstackSockets } from './dstack.js';
import type { QuoteProvider } from './quoteProvider.js';
import { tappdProvider, tappdSockets } from './tappd.js';
import { tsmFolder, tsmProvider } from './tsm.js';

export interface FindParameters {
  /** `--attest-socket`: where the agent is, instead of where it usually is. */
  readonly socket: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  /** Below another root, for tests. */
  readonly root?: string;
}

export type RealProviderName = 'dstack' | 'tappd' | 'tsm';

const simulatorVariables = { dstack: 'DSTACK_SIMULATOR_ENDPOINT', tappd: 'TAPPD_SIMULATOR_ENDPOINT' } as const;
const sockets = { dstack: dstackSockets, tappd: tappdSockets } as const;

/** The one of this name, or for `auto` the first that is there. Undefined when there is none. */
export function findProvider(wanted: RealProviderName | 'auto', parameters: FindParameters): QuoteProvider | undefined {
  if (wanted !== 'auto') return byName[wanted](parameters);
  return byName.dstack(parameters) ?? byName.tappd(parameters) ?? byName.tsm(parameters);
}

const byName: Readonly<Record<RealProviderName, (parameters: FindParameters) => QuoteProvider | undefined>> = {
  dstack(parameters) {
    const found = findAgent('dstack', parameters);
    return found && dstackProvider({ ...found, clock: parameters.clock });
  },
  tappd(parameters) {
    const found = findAgent('tappd', parameters);
    return found && tappdProvider({ ...found, clock: parameters.clock });
  },
  tsm({ clock, random, root = '' }) {
    const folder = `${root}${tsmFolder}`;
    return existsSync(folder) ? tsmProvider({ folder, clock, random }) : undefined;
  },
};

function findAgent(
  name: 'dstack' | 'tappd',
  { socket, environment, root = '' }: FindParameters,
): { endpoint: AgentEndpoint; isSimulated: boolean } | undefined {
  const simulator = environment[simulatorVariables[name]];
  if (simulator) return { endpoint: endpointOf(simulator), isSimulated: true };
  const socketPath = socket ?? sockets[name].map((path) => `${root}${path}`).find((path) => existsSync(path));
  return socketPath === undefined ? undefined : { endpoint: { socketPath }, isSimulated: false };
}

/** A URL, or a path to a socket, as the agents' own libraries take it. */
const endpointOf = (text: string): AgentEndpoint =>
  /^https?:/i.test(text) && URL.canParse(text)
    ? { origin: new URL(text).origin }
    : { socketPath: text.replace(/^unix:(\/\/)?/, '') };
