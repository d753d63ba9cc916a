// Quotes of tappd, the guest agent of dstack before 0.4.2.
import { type AgentParameters, agentProvider } from './agentProvider.js';
import { MethodAbsent } from './askAgent.js';
import type { QuoteProvider } from './quoteProvider.js';

export const tappdSockets: readonly string[] = ['/var/run/tappd.sock', '/run/tappd.sock'];

export const tappdProvider = (parameters: AgentParameters): QuoteProvider =>
  agentProvider(
    {
      name: 'tappd',
      async quote(ask, reportData) {
        try {
          return await ask('/prpc/Tappd.RawQuote', { report_data: reportData });
        } catch (error) {
          if (!(error instanceof MethodAbsent)) throw error;
          // The same in older ones. Other algorithms hash the data together with a prefix, and quote something else than was asked.
          return await ask('/prpc/Tappd.TdxQuote', { report_data: reportData, hash_algorithm: 'raw' });
        }
      },
      infoPath: '/prpc/Tappd.Info',
    },
    parameters,
  );
