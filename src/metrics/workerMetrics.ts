// Provers on other machines in numbers: what each of them holds, and what was taken from them. Registered where workers may come.
import type { Meter } from './meter.js';

/** Names come with certificates that the operator has signed. Of so many it is told which is which. */
const mostWorkers = 64;

/** Returns what counts leases that ran out. */
export function registerWorkerMetrics(
  meter: Meter,
  workers: () => readonly { readonly name: string; readonly leases: number }[],
): (leases: number) => void {
  const names = new Set<string>();
  meter.gauge(
    {
      name: 'sealed_remote_leases',
      help: 'Jobs that a worker on another machine holds, for each that is there.',
      labels: { worker: names },
    },
    () => {
      const all = workers();
      for (const { name } of all) if (names.size < mostWorkers) names.add(name);
      return all.map(({ name, leases }) => ({ labels: { worker: name }, value: leases }));
    },
  );
  const expired = meter.counter({
    name: 'sealed_lease_expired_total',
    help: 'Jobs that were taken from a worker which said nothing of them for as long as a lease.',
  });
  return (leases) => expired.add({}, leases);
}
