// HTTP in numbers: routes and classes of status.
import type { Clock } from '../clock.js';
import type { Route, WatchExchanges } from '../transport/http/routes.js';
import { type Meter, serviceBuckets } from './meter.js';

/** `gone`: the client went away before it was answered. */
const classes = ['1xx', '2xx', '3xx', '4xx', '5xx', 'gone'] as const;
type StatusClass = (typeof classes)[number];

const classOf = (status: number | undefined): StatusClass =>
  status === undefined ? 'gone' : (classes[Math.floor(status / 100) - 1] ?? '5xx');

/** Of a pattern what is the same for all that it matches: `PUT /artifacts/*`. */
function nameOf({ methods, path }: Pick<Route, 'methods' | 'path'>): string {
  const shown = typeof path === 'string' ? path : path.source.replace(/^\^|\$$/g, '').replace(/\([^)]*\)/g, '*');
  return `${methods[0]} ${shown.replaceAll('\\', '')}`;
}

/** `routes`: those that are served. What none of them answers is told as `other`. */
export function createHttpMetrics(
  meter: Meter,
  { routes, clock }: { readonly routes: readonly Route[]; readonly clock: Pick<Clock, 'steady'> },
): WatchExchanges {
  const names = new Map(routes.map((route) => [route, nameOf(route)]));
  const route = [...new Set(names.values())];
  const total = meter.counter({
    name: 'sealed_http_total',
    help: 'Requests by HTTP that have been answered or given up, calls by gRPC not among them.',
    labels: { route, status: classes },
  });
  const seconds = meter.histogram({
    name: 'sealed_http_seconds',
    help: 'From the head of a request by HTTP until its answer was handed over, bodies included.',
    labels: { route, status: classes },
    buckets: serviceBuckets,
  });
  return {
    begun: () => clock.steady(),
    ended(answeredBy, status, begunAt) {
      const name = (answeredBy && names.get(answeredBy)) ?? 'other';
      const labels = { route: name, status: classOf(status) };
      total.add(labels);
      seconds.observe(labels, (clock.steady() - begunAt) / 1000);
    },
  };
}
