// Threads in numbers: what waits for them, and what they have done. Signatures of clients are recovered in one pool, bodies are received
// in another.
import type { UploadedKind, WatchUploads } from '../artifacts/uploads.js';
import type { Clock, SteadyMs } from '../clock.js';
import { type Meter, serviceBuckets } from './meter.js';

const pools = ['signatures', 'uploads'] as const;
type Pool = (typeof pools)[number];
const kinds: readonly UploadedKind[] = ['program', 'stdin', 'request'];
const outcomes = ['received', 'failed'] as const;

export interface PoolMetrics {
  readonly signatures: {
    opened(waiting: () => number): void;
    now(): SteadyMs;
    recovered(since: SteadyMs): void;
  };
  readonly uploads: WatchUploads;
}

export function createPoolMetrics(meter: Meter, clock: Pick<Clock, 'steady'>): PoolMetrics {
  const waiting = new Map<Pool, () => number>();
  meter.gauge(
    {
      name: 'sealed_worker_queue',
      help: 'What waits for a thread: calls whose signature is looked at, and uploads.',
      labels: { pool: pools },
    },
    () => [...waiting].map(([pool, count]) => ({ labels: { pool }, value: count() })),
  );
  const seconds = meter.histogram({
    name: 'sealed_signature_seconds',
    help: 'From a call to the address that has signed it, in a thread.',
    buckets: serviceBuckets,
  });
  const bytes = meter.counter({
    name: 'sealed_upload_bytes_total',
    help: 'Bytes of uploads as they were sent, when their bodies end: whole and well-formed, or not.',
    labels: { kind: kinds, outcome: outcomes },
  });
  return {
    signatures: {
      opened: (count) => void waiting.set('signatures', count),
      now: () => clock.steady(),
      recovered: (since) => seconds.observe({}, (clock.steady() - since) / 1000),
    },
    uploads: {
      opened: (count) => void waiting.set('uploads', count),
      ended: (kind, isWhole, size) => bytes.add({ kind, outcome: isWhole ? 'received' : 'failed' }, size),
    },
  };
}
