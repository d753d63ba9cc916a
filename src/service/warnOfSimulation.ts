// Says in the log, again and again, that reports prove nothing where that is so.
import type { QuoteProvider } from '../attestation/providers/quoteProvider.js';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';

const hour = 3_600_000;

/** At the start, and every hour. Returns what ends it. */
export function warnOfSimulation(
  provider: QuoteProvider,
  { clock, log }: { readonly clock: Pick<Clock, 'wakeIn'>; readonly log: Pick<Log, 'warn'> },
): () => void {
  let cancel = () => {};
  const warn = () => {
    cancel = clock.wakeIn(hour, warn);
    log.warn(
      { event: 'attestation.simulated', provider: provider.name },
      `reports of this service prove nothing: they are ${provider.describe()}. Do not send secrets to it.`,
    );
  };
  if (provider.isSimulated) warn();
  return () => cancel();
}
