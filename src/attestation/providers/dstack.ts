// Quotes of dstack's guest agent (0.4.2 and later).
import { bytesField } from './agentFields.js';
import { type AgentParameters, agentProvider } from './agentProvider.js';
import { askAgent } from './askAgent.js';
import { ProviderError, type QuoteProvider } from './quoteProvider.js';

/** Where releases of dstack have put it. */
export const dstackSockets: readonly string[] = [
  '/var/run/dstack.sock',
  '/run/dstack.sock',
  '/var/run/dstack/dstack.sock',
  '/run/dstack/dstack.sock',
];

const keyBytes = 32;

export function dstackProvider(parameters: AgentParameters): QuoteProvider {
  const who = 'the dstack agent';
  const { endpoint } = parameters;
  return {
    ...agentProvider(
      {
        name: 'dstack',
        quote: (ask, reportData) => ask('/GetQuote', { report_data: reportData }),
        infoPath: '/Info',
      },
      parameters,
    ),
    async key(path, purpose, signal) {
      const key = bytesField(
        await askAgent({ endpoint, who, path: '/GetKey', body: { path, purpose }, signal }),
        'key',
        who,
      );
      if (key.byteLength !== keyBytes)
        throw new ProviderError(`${who} gives a key of ${key.byteLength} bytes, not ${keyBytes}`);
      return key;
    },
  };
}
