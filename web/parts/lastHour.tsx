// An hour of throughput, failures and waiting, minute by minute.
import { useLook } from '../look.js';
import { now } from '../now.js';
import { call, type Series } from '../wire.js';
import { ago, briefly } from '../words.js';
import { Chart } from './chart.js';
import { Problem } from './problem.js';

const restMs = 10_000;

export function LastHour() {
  const { found, problem } = useLook((signal) => call('Service/Series', { since: '3600s' }, signal), { restMs }).value;
  return (
    <section class="card" aria-labelledby="hour">
      <h2 id="hour">
        Last hour{' '}
        {found && now.value - Date.parse(found.knownFrom ?? '') < 3_600_000 && (
          <span class="dim">known for {ago(found.knownFrom, now.value)}</span>
        )}
      </h2>
      <Problem problem={problem} />
      {found && <Charts series={found} />}
    </section>
  );
}

function Charts({ series }: { readonly series: Series }) {
  const failed = summed(series.failedByGuest, series.failedOtherwise);
  const guests = total(series.failedByGuest);
  const waits = longest(series);
  const most = Math.max(0, ...waits);
  const haveWaited = series.waits.some(({ samples }) => total(samples) > 0);
  return (
    <>
      <Chart name="fulfilled" look="good" values={hour(series.fulfilled)} words={counted(series.fulfilled)} />
      <Chart
        name="failed"
        look="bad"
        values={hour(failed)}
        words={guests === 0 ? counted(failed) : `${counted(failed)}, ${guests} of them by their guest`}
      />
      <Chart
        name="wait p95"
        look="warn"
        values={hour(waits)}
        words={
          most > 0
            ? `at most ${briefly(most * 1_000)}, of the stage that is waited for longest`
            : haveWaited
              ? 'too short to tell'
              : 'nobody has waited'
        }
      />
    </>
  );
}

const minutes = 60;
/** What is not known yet is nothing. */
const hour = (values: readonly number[]) => [...Array<number>(Math.max(0, minutes - values.length)).fill(0), ...values];

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const summed = (a: readonly number[], b: readonly number[]) => a.map((value, index) => value + (b[index] ?? 0));

const counted = (values: readonly number[]) =>
  total(values) === 0 ? 'none' : `${total(values)} in all, at most ${Math.max(...values)} in a minute`;

/** Of each minute, in seconds. */
const longest = ({ started, waits }: Series) =>
  started.map((_, index) => Math.max(0, ...waits.map(({ p95Seconds }) => Number(p95Seconds[index] ?? 0))));
