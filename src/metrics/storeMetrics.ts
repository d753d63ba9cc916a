// The store in numbers: how its commits go, and how large it is.
import type { Clock } from '../clock.js';
import { failureFrom } from '../failures/failureFrom.js';
import type { Store } from '../store/environment.js';
import type { WatchCommit } from '../store/groupCommit.js';
import { type Meter, serviceBuckets } from './meter.js';

const sizeBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const codes = ['DISK_FULL', 'INTERNAL'] as const;

export function createStoreMetrics(meter: Meter, clock: Pick<Clock, 'steady'>): WatchCommit {
  const flushed = meter.histogram({
    name: 'sealed_store_flush_seconds',
    help: 'From the begin of a transaction until it is on disk.',
    buckets: serviceBuckets,
  });
  const sizes = meter.histogram({
    name: 'sealed_store_group_size',
    help: 'Writes that shared a transaction.',
    buckets: sizeBuckets,
  });
  const failures = meter.counter({
    name: 'sealed_store_write_failures_total',
    help: 'Transactions that could not be written.',
    labels: { code: codes },
  });
  return (works) => {
    const since = clock.steady();
    sizes.observe({}, works);
    return (error) => {
      if (error === undefined) flushed.observe({}, (clock.steady() - since) / 1000);
      else failures.add({ code: failureFrom(error, 'store').code });
    };
  };
}

export function registerStoreSize(meter: Meter, store: Pick<Store, 'size'>): void {
  const told = (value: number | undefined) => (value === undefined ? [] : [{ value }]);
  meter.gauge({ name: 'sealed_store_bytes', help: 'Of the file of the store. It grows, and never shrinks.' }, () =>
    told(store.size()?.bytes),
  );
  meter.gauge(
    { name: 'sealed_store_free_bytes', help: 'In that file, of what was removed: what is written next goes there.' },
    () => told(store.size()?.freeBytes),
  );
}
