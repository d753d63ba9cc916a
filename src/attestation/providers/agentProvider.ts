// What the agents of dstack have in common, the one of today and its predecessor tappd: a quote with its event log, and the compose file of the VM.
import type { Clock } from '../../clock.js';
import { toHex } from '../verify/bytes.js';
import type { JsonObject } from '../verify/json/parseJson.js';
import { appComposeOf, bytesField, textField } from './agentFields.js';
import { type AgentEndpoint, askAgent } from './askAgent.js';
import { ProviderError, type QuoteProvider } from './quoteProvider.js';

export interface AgentParameters {
  readonly endpoint: AgentEndpoint;
  readonly clock: Pick<Clock, 'steady'>;
  /** It is none of a real machine. */
  readonly isSimulated?: boolean;
}

/** Asks one method; rejects with a ProviderError. */
export type Ask = (path: string, body: object) => Promise<JsonObject>;

interface AgentKind {
  readonly name: 'dstack' | 'tappd';
  quote(ask: Ask, reportDataHex: string): Promise<JsonObject>;
  readonly infoPath: string;
}

/** The compose file does not change while a VM runs. One that could not be had is asked for again after this time (ms). */
const askInfoAgainMs = 60_000;

export function agentProvider({ name, quote, infoPath }: AgentKind, parameters: AgentParameters): QuoteProvider {
  const { endpoint, clock, isSimulated = false } = parameters;
  const who = `the ${name} agent`;
  let appCompose: string | undefined;
  let askInfoAt = Number.NEGATIVE_INFINITY;

  async function readAppCompose(ask: Ask): Promise<string | undefined> {
    if (appCompose !== undefined || clock.steady() < askInfoAt) return appCompose;
    askInfoAt = clock.steady() + askInfoAgainMs;
    try {
      appCompose = appComposeOf(await ask(infoPath, {}), who);
    } catch (error) {
      // A quote is worth something without it, and the verdict says that it is missing.
      if (!(error instanceof ProviderError)) throw error;
    }
    return appCompose;
  }

  return {
    name,
    isSimulated,
    describe: () =>
      `${isSimulated ? `the simulator of ${who}` : who} at ${'socketPath' in endpoint ? endpoint.socketPath : endpoint.origin}`,
    async quote(reportData, signal) {
      const ask: Ask = (path, body) => askAgent({ endpoint, who, path, body, signal });
      const answer = await quote(ask, toHex(reportData));
      return {
        quote: bytesField(answer, 'quote', who),
        eventLog: textField(answer, 'event_log', who),
        vmConfig: textField(answer, 'vm_config', who),
        appCompose: await readAppCompose(ask),
      };
    },
  };
}
