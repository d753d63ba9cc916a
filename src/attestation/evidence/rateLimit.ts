// How often one client network may ask for evidence: ten at once, then one a second. The quotes of all have a limit of their own.
import type { Clock } from '../../clock.js';

const burst = 10;
const perMs = 1 / 1_000;
/** Of those that asked last. One that is forgotten has a full bucket again. */
const mostNetworks = 10_000;

export interface RateLimit {
  /** False when this network has to wait. */
  take(network: string): boolean;
}

export function createRateLimit(clock: Pick<Clock, 'steady'>): RateLimit {
  /** In order of the last question, the oldest first. */
  const buckets = new Map<string, { readonly left: number; readonly at: number }>();
  return {
    take(network) {
      const now = clock.steady();
      const bucket = buckets.get(network) ?? { left: burst, at: now };
      const left = Math.min(burst, bucket.left + (now - bucket.at) * perMs);
      const isAllowed = left >= 1;
      buckets.delete(network);
      buckets.set(network, { left: isAllowed ? left - 1 : left, at: now });
      if (buckets.size > mostNetworks) buckets.delete(buckets.keys().next().value as string);
      return isAllowed;
    },
  };
}
