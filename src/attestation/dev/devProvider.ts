// The development provider: quotes of a PKI of its own, for demos and tests on machines that are no TDX guests. Loaded only when it is asked for.
import type { Clock } from '../../clock.js';
import type { Random } from '../../random.js';
import type { QuoteProvider } from '../providers/quoteProvider.js';
import { toHex } from '../verify/bytes.js';
import { createDevPki } from './devPki.js';
import type { MockTd } from './mockQuote.js';

export interface DevProvider extends QuoteProvider {
  /** DER of the root that a verifier has to be given. */
  readonly root: Uint8Array;
}

/** What a quote says runs in the VM: hex of 48 bytes each. */
export type Measurements = Pick<MockTd, 'mrTd' | 'rtmr0' | 'rtmr1' | 'rtmr2' | 'rtmr3'>;

export function devProvider(of: {
  measurements: Measurements;
  clock: Pick<Clock, 'now'>;
  random: Random;
}): DevProvider {
  const pki = createDevPki(of.clock.now(), of.random);
  return {
    name: 'dev',
    isSimulated: true,
    root: pki.root,
    describe: () => 'development quotes, which prove nothing',
    quote: async (reportData) => ({
      quote: pki.quote({ ...of.measurements, reportData: toHex(reportData) }),
      collateral: pki.collateral(of.clock.now()),
    }),
  };
}
