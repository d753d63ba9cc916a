// The process of the service and its machine in numbers.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Meter } from './meter.js';

export interface ProcessMetricsParameters {
  readonly version: string;
  /** The circuits that its engines prove with: `sp1-v6.1.0`. */
  readonly engine: string;
  readonly schema: number;
  readonly life: number;
  readonly residentBytes: () => number;
  /** Where the data folder lies. */
  readonly disk: () => Promise<{ readonly freeBytes: number; readonly sizeBytes: number }>;
}

/** How often it looks whether the loop turns (ms). */
const delayResolutionMs = 20;

/** Returns what ends it. */
export function registerProcessMetrics(meter: Meter, parameters: ProcessMetricsParameters): () => void {
  const { version, engine, schema, life } = parameters;
  const labels = { version, engine, schema: String(schema) };
  meter.gauge(
    {
      name: 'sealed_build_info',
      help: 'What runs here.',
      labels: { version: [version], engine: [engine], schema: [labels.schema] },
    },
    () => [{ labels, value: 1 }],
  );
  meter.gauge({ name: 'sealed_life', help: 'How often the service was started with its data folder.' }, () => [
    { value: life },
  ]);
  meter.gauge({ name: 'sealed_resident_bytes', help: 'Memory of the service itself, without engines.' }, () => [
    { value: parameters.residentBytes() },
  ]);
  meter.gauge({ name: 'sealed_disk_free_bytes', help: 'Free on the disk of the data folder.' }, async () => [
    { value: (await parameters.disk()).freeBytes },
  ]);
  meter.gauge({ name: 'sealed_disk_size_bytes', help: 'Size of the disk of the data folder.' }, async () => [
    { value: (await parameters.disk()).sizeBytes },
  ]);
  const delay = monitorEventLoopDelay({ resolution: delayResolutionMs });
  delay.enable();
  const quantiles = ['p50', 'p99', 'max'] as const;
  meter.gauge(
    {
      name: 'sealed_event_loop_delay_seconds',
      help: 'How late the event loop turned, since it was read last.',
      labels: { quantile: quantiles },
    },
    () => {
      const found = { p50: delay.percentile(50), p99: delay.percentile(99), max: delay.max };
      delay.reset();
      return quantiles.map((quantile) => ({ labels: { quantile }, value: found[quantile] / 1e9 }));
    },
  );
  return () => delay.disable();
}
