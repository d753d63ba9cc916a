// Proof requests in numbers. Counted with every transition that is on disk, as the feed is, so that they agree with the journal.
import { requestModes } from '../engines/jobs.js';
import { definitions } from '../failures/catalog.js';
import { endStates, type RequestView, requestStates } from '../machines/request/view.js';
import type { RequestCounts } from '../requests/census.js';
import type { JournalEntry } from '../store/buckets.js';
import { type Meter, provingBuckets } from './meter.js';
import { isEnd } from './standings.js';

const stages = ['executing', 'proving', 'verifying', 'signing'] as const;
const outcomes = ['done', 'failed', 'given up'] as const;

export interface RequestMetrics {
  /** A transition is on disk. `view`: of the request then or later. `stoodMs`: where it comes from, as far as that is known. */
  note(view: RequestView, entry: JournalEntry, stoodMs: number | undefined): void;
}

export function createRequestMetrics(
  meter: Meter,
  { counts }: { readonly counts: () => RequestCounts },
): RequestMetrics {
  const codes = Object.keys(definitions);
  meter.gauge(
    { name: 'sealed_requests_open', help: 'Requests that have not ended.', labels: { state: requestStates } },
    () => Object.entries(counts().open).map(([state, value]) => ({ labels: { state }, value })),
  );
  const total = meter.counter({
    name: 'sealed_requests_total',
    help: 'Requests that have ended since the start.',
    labels: { state: endStates, mode: requestModes },
  });
  const failures = meter.counter({
    name: 'sealed_request_failures_total',
    help: 'Requests that have failed, by the code of their failure.',
    labels: { code: codes },
  });
  const duration = meter.histogram({
    name: 'sealed_request_duration_seconds',
    help: 'From a request to its end, by running time.',
    labels: { mode: requestModes, state: endStates },
    buckets: provingBuckets,
  });
  const waited = meter.histogram({
    name: 'sealed_stage_wait_seconds',
    help: 'Waits of requests for their admission, a lane or a signer.',
    labels: { stage: ['requested', ...stages] },
    buckets: provingBuckets,
  });
  const ran = meter.histogram({
    name: 'sealed_stage_run_seconds',
    help: 'Runs of stages on a lane or by a signer.',
    labels: { stage: stages, mode: requestModes, outcome: outcomes },
    buckets: provingBuckets,
  });
  const retries = meter.counter({
    name: 'sealed_stage_retries_total',
    help: 'Stages that have failed and are tried again, by the code of their failure.',
    labels: { stage: stages, code: codes },
  });

  function noteStage(mode: string, { from, to, failure }: JournalEntry, seconds: number): void {
    const [stage = '', phase] = from.split('.');
    if (stage === 'requested' || phase === 'waiting') waited.observe({ stage }, seconds);
    if (phase !== 'running') return;
    const isGoneOn = to === 'fulfilled' || order(to) > order(stage);
    const outcome = failure !== undefined ? 'failed' : isGoneOn ? 'done' : 'given up';
    ran.observe({ stage, mode, outcome }, seconds);
  }

  return {
    note(view, entry, stoodMs) {
      const { mode } = view.request;
      const { from, to, failure } = entry;
      if (stoodMs !== undefined) noteStage(mode, entry, stoodMs / 1000);
      if (!isEnd(entry)) {
        if (failure !== undefined) retries.add({ stage: from.split('.')[0] ?? '', code: failure.code });
        return;
      }
      total.add({ state: to, mode });
      duration.observe({ mode, state: to }, view.elapsedMs / 1000);
      if (view.state === 'failed') failures.add({ code: view.failure.code });
    },
  };
}

const order = (path: string): number => (stages as readonly string[]).indexOf(path.split('.')[0] ?? '');
