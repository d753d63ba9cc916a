// Registers what the parts of the service tell of themselves in numbers.
import type { Feed } from '../feed/feed.js';
import { registerLaneMetrics } from '../metrics/laneMetrics.js';
import { registerNetworkState } from '../metrics/networkMetrics.js';
import { registerStoreSize } from '../metrics/storeMetrics.js';
import type { Network } from '../network/network.js';
import type { RequestSystem } from '../requests/system.js';
import { figuresOfLines } from '../rpc/admin/figuresOfLines.js';
import type { HeldPolls } from '../rpc/sdk/polls/heldPolls.js';
import { together } from '../together.js';
import type { Lifecycle } from './lifecycle.js';
import type { Ports } from './ports.js';
import type { Readiness } from './readiness.js';

export interface MeasureParameters {
  readonly system: RequestSystem;
  readonly readiness: Pick<Readiness, 'state' | 'outage'>;
  readonly feed: Pick<Feed, 'newest'>;
  readonly heldPolls: Pick<HeldPolls, 'count'>;
  readonly network: Pick<Network, 'health' | 'counts'> | undefined;
  readonly lifecycle: Pick<Lifecycle, 'onStop'>;
}

export interface Measuring {
  /** Takes the time of it. */
  restoring(restore: () => number): number;
}

export function measure(
  { meter, scheduling, store, clock }: Pick<Ports, 'meter' | 'scheduling' | 'store' | 'clock'>,
  { system, readiness, feed, heldPolls, network, lifecycle }: MeasureParameters,
): Measuring {
  const restored = { requests: 0, seconds: 0 };
  const one = (value: number) => [{ value }];
  meter.gauge({ name: 'sealed_serving', help: 'Whether it serves and can do what it is for: 1 or 0.' }, () =>
    one(readiness.state === 'serving' && readiness.outage === undefined ? 1 : 0),
  );
  meter.gauge({ name: 'sealed_restored_requests', help: 'Open requests that this start has brought back.' }, () =>
    one(restored.requests),
  );
  meter.gauge({ name: 'sealed_restore_seconds', help: 'How long that took.' }, () => one(restored.seconds));
  meter.gauge({ name: 'sealed_held_polls', help: 'Polls of clients that wait for their answer.' }, () =>
    one(heldPolls.count),
  );
  meter.total({ name: 'sealed_feed_entries_total', help: 'The last number of the feed.' }, () => one(feed.newest));
  registerStoreSize(meter, store);
  if (network !== undefined) registerNetworkState(meter, network);
  // All figures of one reading are asked for at once: those of lines are of one look, which takes some milliseconds with ten thousand waiting.
  const lines = together(() => figuresOfLines({ ...system, scheduling, clock }));
  lifecycle.onStop(registerLaneMetrics(meter, { scheduling, clock, lines }));
  return {
    restoring(restore) {
      const began = clock.steady();
      restored.requests = restore();
      restored.seconds = (clock.steady() - began) / 1000;
      return restored.requests;
    },
  };
}
