// Where all that is counted or measured registers, and what Prometheus reads. A label has a closed set of values, so that no client can
// make a series; what is none of them is told as `other`.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Of each label all of its values. A set may grow, within a bound of its owner's. */
type LabelSets<L extends string> = Readonly<Record<L, readonly string[] | ReadonlySet<string>>>;
type Labels<L extends string> = Readonly<Record<L, string>>;

export interface About<L extends string> {
  /** `sealed_…`, and ends in its unit, or in `_total` if it counts. */
  readonly name: string;
  readonly help: string;
  readonly labels?: LabelSets<L>;
}

export interface Measured<L extends string> {
  readonly labels?: Labels<L>;
  readonly value: number;
}

export interface Meter {
  counter<L extends string = never>(about: About<L>): { add(labels: Labels<L>, by?: number): void };
  /** `buckets`: upper bounds, in the unit of the name. */
  histogram<L extends string = never>(
    about: About<L> & { readonly buckets: readonly number[] },
  ): { observe(labels: Labels<L>, value: number): void };
  /** Asked for whenever the metrics are read. What it does not answer is not told. */
  gauge<L extends string = never>(
    about: About<L>,
    read: () => readonly Measured<L>[] | Promise<readonly Measured<L>[]>,
  ): void;
  /** Counted elsewhere: read as a gauge is. */
  total<L extends string = never>(about: About<L>, read: () => readonly Measured<L>[]): void;
  /** The names and the labels of all that is registered. */
  registered(): ReadonlyMap<string, readonly string[]>;
  /** In the text form of Prometheus, version 0.0.4. */
  text(): Promise<string>;
}

/** Of work of the service itself, and of proving (s). */
export const serviceBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
export const provingBuckets = [1, 5, 15, 30, 60, 180, 600, 1_800, 3_600, 14_400];

const namePattern = /^sealed_[a-z0-9_]+$/;

export function createMeter(): Meter {
  const registry = new Registry();
  const registered = new Map<string, readonly string[]>();

  function note<L extends string>({ name, labels }: About<L>, isCounter: boolean): L[] {
    if (!namePattern.test(name) || name.endsWith('_total') !== isCounter)
      throw new Error(`no name of a metric: ${name}`);
    const names = Object.keys(labels ?? {}) as L[];
    registered.set(name, names);
    return names;
  }

  const common = <L extends string>({ name, help }: About<L>, labelNames: L[]) => ({
    name,
    help,
    labelNames,
    registers: [registry],
  });

  return {
    counter(about) {
      const known = knownIn(about.labels);
      const counter = new Counter(common(about, note(about, true)));
      return { add: (labels, by = 1) => counter.inc(known(labels) as never, by) };
    },
    histogram(about) {
      const known = knownIn(about.labels);
      const histogram = new Histogram({ ...common(about, note(about, false)), buckets: [...about.buckets] });
      return { observe: (labels, value) => histogram.observe(known(labels) as never, value) };
    },
    gauge(about, read) {
      const known = knownIn(about.labels);
      const names = note(about, false);
      new Gauge({
        ...common(about, names),
        async collect() {
          const measured = await read();
          this.reset();
          // One without labels is reset to 0, and not to nothing.
          if (names.length === 0) this.remove();
          for (const { labels, value } of measured) this.set(known(labels ?? {}) as never, value);
        },
      });
    },
    total(about, read) {
      const known = knownIn(about.labels);
      new Counter({
        ...common(about, note(about, true)),
        collect() {
          this.reset();
          for (const { labels, value } of read()) this.inc(known(labels ?? {}) as never, value);
        },
      });
    },
    registered: () => registered,
    text: () => registry.metrics(),
  };
}

const none: Record<string, string> = {};

/** Labels with each value that is none of its set as `other`. */
function knownIn(sets: LabelSets<string> = {}): (labels: object) => Record<string, string> {
  const known = Object.entries(sets).map(
    ([name, values]) => [name, values instanceof Set ? values : new Set(values)] as const,
  );
  // The same for each observation: those without labels are most of all.
  if (known.length === 0) return () => none;
  return (labels) => {
    const given = labels as Readonly<Record<string, string>>;
    return Object.fromEntries(
      known.map(([name, values]) => [name, values.has(given[name] ?? '') ? (given[name] ?? '') : 'other']),
    );
  };
}
