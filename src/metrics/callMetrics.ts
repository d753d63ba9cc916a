// Calls of clients by gRPC in numbers.
import type { Clock } from '../clock.js';
import { definitions } from '../failures/catalog.js';
import type { WatchCalls } from '../transport/grpc/call.js';
import { grpcCodes as codes } from './grpcCodes.js';
import { type Meter, serviceBuckets } from './meter.js';

const methodOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** `paths`: of the methods that are served. */
export function createCallMetrics(
  meter: Meter,
  { paths, clock }: { readonly paths: readonly string[]; readonly clock: Pick<Clock, 'steady'> },
): WatchCalls {
  const method = [...new Set(paths.map(methodOf))];
  const known = new Map(paths.map((path) => [path, methodOf(path)]));
  /** Kept here and not by the meter: polls are most of all calls, and nothing may be dear about them. */
  const counts = new Map<string, number[]>();
  meter.total(
    { name: 'sealed_rpc_total', help: 'Calls by gRPC that have ended.', labels: { method, code: codes } },
    () =>
      [...counts]
        .flatMap(([name, byCode]) =>
          codes.map((code, index) => ({ labels: { method: name, code }, value: byCode[index] ?? 0 })),
        )
        .filter(({ value }) => value > 0),
  );
  const seconds = meter.histogram({
    name: 'sealed_rpc_seconds',
    help: 'From a call to its answer; polls that are held included.',
    labels: { method, code: codes },
    buckets: serviceBuckets,
  });
  const refusals = meter.counter({
    name: 'sealed_refusals_total',
    help: 'Calls by gRPC that were refused, by the code of their failure.',
    labels: { code: Object.keys(definitions) },
  });

  return {
    begun: () => clock.steady(),
    ended(path, code, begunAt) {
      const name = known.get(path) ?? 'other';
      const byCode = counts.get(name) ?? codes.map(() => 0);
      counts.set(name, byCode);
      byCode[code] = (byCode[code] ?? 0) + 1;
      seconds.observe({ method: name, code: codes[code] ?? 'other' }, (clock.steady() - begunAt) / 1000);
    },
    refused: (code) => refusals.add({ code }),
  };
}
