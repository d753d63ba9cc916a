// Lanes and the lines before them in numbers.
import type { Clock, SteadyMs } from '../clock.js';
import { requestModes, stages } from '../engines/jobs.js';
import type { LaneStatus, Scheduling } from '../lanes/scheduling.js';
import { laneStates } from '../machines/lane/machine.js';
import type { Tally } from '../tally.js';
import { type Meter, provingBuckets } from './meter.js';

const lines = ['admission', ...stages] as const;

/** Lanes of workers come and go, under names of their own. Of so many it is told which is which. */
const mostLanes = 64;

export interface LaneMetricsParameters {
  readonly scheduling: Pick<Scheduling, 'lanes' | 'onLaneChange'>;
  readonly clock: Pick<Clock, 'steady'>;
  /** In which requests wait: how many of each mode, and the longest wait by running time. */
  readonly lines: () => Promise<
    readonly {
      readonly name: (typeof lines)[number];
      readonly byMode: Pick<Tally<string>, 'entries'>;
      readonly oldestMs: number | undefined;
    }[]
  >;
}

/** Returns what ends it. */
export function registerLaneMetrics(meter: Meter, parameters: LaneMetricsParameters): () => void {
  const { scheduling, clock } = parameters;
  const lane = new Set<string>(scheduling.lanes().map(({ id }) => id));
  const known = new Map(scheduling.lanes().map((status) => [status.id, { status, since: clock.steady() }]));
  const secondsOf = (since: SteadyMs) => (clock.steady() - since) / 1000;

  meter.gauge(
    {
      name: 'sealed_lane_state',
      help: 'In which state each lane is: 1 for one of them.',
      labels: { lane, state: laneStates },
    },
    () =>
      scheduling
        .lanes()
        .flatMap(({ id, state }) =>
          laneStates.map((each) => ({ labels: { lane: id, state: each }, value: each === state ? 1 : 0 })),
        ),
  );
  const busy = meter.counter({
    name: 'sealed_lane_busy_seconds_total',
    help: 'Time in which a lane has worked, counted when a job ends.',
    labels: { lane, stage: stages },
  });
  const crashes = meter.counter({
    name: 'sealed_lane_crashes_total',
    help: 'Engines that have died or could not be started, by whether memory ran out.',
    labels: { lane, oom: ['true', 'false'] },
  });
  const starts = meter.histogram({
    name: 'sealed_lane_start_seconds',
    help: 'From the start of an engine until it takes jobs.',
    labels: { lane },
    buckets: provingBuckets,
  });
  meter.gauge(
    { name: 'sealed_queue_depth', help: 'Requests that wait in a line.', labels: { line: lines, mode: requestModes } },
    async () =>
      (await parameters.lines()).flatMap(({ name, byMode }) =>
        [...byMode.entries()].map(([mode, value]) => ({ labels: { line: name, mode }, value })),
      ),
  );
  meter.gauge(
    { name: 'sealed_queue_oldest_seconds', help: 'The longest wait in a line.', labels: { line: lines } },
    async () =>
      (await parameters.lines()).map(({ name, oldestMs = 0 }) => ({
        labels: { line: name },
        value: oldestMs / 1000,
      })),
  );

  function note(status: LaneStatus): void {
    const { id, state, stage } = status;
    if (lane.size < mostLanes) lane.add(id);
    const before = known.get(id);
    const since = before !== undefined && before.status.state === state ? before.since : clock.steady();
    known.set(id, { status, since });
    if (before === undefined) return;
    if (status.crashes > before.status.crashes) {
      const oom = String(status.lastFailure?.code === 'OUT_OF_MEMORY');
      crashes.add({ lane: id, oom }, status.crashes - before.status.crashes);
    }
    if (before.status.state === state) return;
    if (before.status.state === 'busy') busy.add({ lane: id, stage }, secondsOf(before.since));
    if (before.status.state === 'starting' && state === 'ready') starts.observe({ lane: id }, secondsOf(before.since));
  }

  return scheduling.onLaneChange(note);
}
