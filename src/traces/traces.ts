// Sends the trace of each request to a collector when it has ended. Nothing waits for it: what a collector that is away or slow does not take
// in time is lost, counted, and said once.
import type { Clock } from '../clock.js';
import type { RequestId } from '../ids.js';
import type { Log } from '../log.js';
import { isTerminal, type RequestView, terminalStates } from '../machines/request/view.js';
import type { Meter } from '../metrics/meter.js';
import { pause } from '../pause.js';
import type { Registry } from '../requests/registry.js';
import type { JournalEntry } from '../store/buckets.js';
import type { Store } from '../store/environment.js';
import type { Collector } from './collector.js';
import { encodeSpan, exportRequest } from './otlp.js';
import { traceOf } from './traceOf.js';

/** Ended requests whose traces are not sent yet: 100 bytes each. Wrong if traces are lost while the collector answers. */
const mostWaiting = 2_048;
/** Those that end within it go together (ms). */
const gatherMs = 1_000;
/** In one call: traces, and characters from which on no further one joins. Collectors take 20 MiB by default. */
const mostTraces = 64;
const fullLength = 512 * 1024;
/** Read of one journal, in one go of a few milliseconds. Usual ones have about ten entries. */
const mostEntries = 1_000;
/** The default of OpenTelemetry's exporters (ms). */
const callLimitMs = 10_000;
/** A batch is given up after so many calls: the pauses between them are half a minute in all. */
const mostCalls = 5;
const firstPauseMs = 2_000;
const longestPauseMs = 60_000;
/** A stopping service waits so long for its last traces (ms). */
const stopLimitMs = 1_000;
/** To be called again (opentelemetry.io/docs/specs/otlp, "Retryable Response Codes"); all others are final. */
const passing = [429, 502, 503, 504];

export interface TracesParameters {
  readonly collector: Collector;
  readonly store: Pick<Store, 'scan'>;
  readonly registry: Pick<Registry, 'view'>;
  readonly clock: Pick<Clock, 'wakeIn' | 'turn'>;
  readonly log: Pick<Log, 'warn' | 'info'>;
  readonly meter: Meter;
}

export interface Traces {
  /** A transition is on disk. */
  note(view: RequestView, entry: JournalEntry): void;
  /** Sends what waits if the collector takes it at once. Resolves within a second or so, and nothing is sent any more. */
  stop(): Promise<void>;
}

interface Batch {
  readonly count: number;
  readonly body: string;
}

export function createTraces({ collector, store, registry, clock, log, meter }: TracesParameters): Traces {
  const total = meter.counter({
    name: 'sealed_traces_total',
    help: 'Traces of ended requests that were sent to the collector, or lost.',
    labels: { outcome: ['sent', 'lost'] },
  });
  const waiting: RequestId[] = [];
  /** Ends pauses, and then calls. */
  const stopping = new AbortController();
  const cut = new AbortController();
  let sending: Promise<void> | undefined;
  /** Calls in a row that have failed. */
  let failures = 0;
  let askedPauseMs: number | undefined;
  let lostSinceTold = 0;

  function lose(count: number, why: string): void {
    if (count === 0) return;
    total.add({ outcome: 'lost' }, count);
    // Once, until it takes traces again.
    if (lostSinceTold === 0)
      log.warn(
        { event: 'traces.lost', count, why },
        'traces are lost: look after the collector; proofs do not depend on it',
      );
    lostSinceTold += count;
  }

  function noteSent(count: number): void {
    total.add({ outcome: 'sent' }, count);
    failures = 0;
    askedPauseMs = undefined;
    if (lostSinceTold > 0) log.info({ event: 'traces.resumed', lost: lostSinceTold }, 'traces are sent again');
    lostSinceTold = 0;
  }

  /** Undefined when its record is gone already. */
  function spansOf(requestId: RequestId): string[] | undefined {
    const view = registry.view(requestId);
    if (view === undefined || !isTerminal(view)) return undefined;
    const journal = [...store.scan('journal', [requestId], { limit: mostEntries })].map(({ value }) => value);
    return traceOf(view, journal).map(encodeSpan);
  }

  async function gather(): Promise<Batch> {
    const spans: string[] = [];
    let [count, length] = [0, 0];
    while (count < mostTraces && length < fullLength) {
      const requestId = waiting.shift();
      if (requestId === undefined) break;
      try {
        const more = spansOf(requestId);
        if (more === undefined) continue;
        spans.push(...more);
        count += 1;
        for (const span of more) length += span.length;
      } catch {
        lose(1, 'a record cannot be read');
      }
      // One journal a turn.
      await clock.turn();
    }
    return { count, body: exportRequest(spans, collector.version) };
  }

  /** Answers why not, and whether it may be different later. Undefined: it is sent. */
  async function call(body: string): Promise<{ why: string; passes: boolean } | undefined> {
    const given = new AbortController();
    const give = () => given.abort();
    const cancel = clock.wakeIn(callLimitMs, give);
    cut.signal.addEventListener('abort', give, { once: true });
    if (cut.signal.aborted) give();
    try {
      const { status, retryAfterMs } = await collector.send(body, given.signal);
      if (status >= 200 && status < 300) return undefined;
      askedPauseMs = retryAfterMs;
      return { why: `HTTP ${status}`, passes: passing.includes(status) };
    } catch {
      askedPauseMs = undefined;
      return { why: given.signal.aborted ? 'no answer in time' : 'no connection', passes: true };
    } finally {
      cancel();
      cut.signal.removeEventListener('abort', give);
    }
  }

  async function send({ count, body }: Batch): Promise<void> {
    for (let calls = 1; ; calls += 1) {
      if (failures > 0)
        await pause(
          clock,
          Math.min(longestPauseMs, askedPauseMs ?? firstPauseMs * 2 ** (failures - 1)),
          stopping.signal,
        );
      if (failures > 0 && stopping.signal.aborted) return lose(count, 'the service stops');
      const problem = await call(body);
      if (problem === undefined) return noteSent(count);
      failures += 1;
      if (!problem.passes || calls === mostCalls) return lose(count, problem.why);
    }
  }

  async function sendAll(): Promise<void> {
    while (waiting.length > 0) {
      await pause(clock, gatherMs, stopping.signal);
      // A stop waits for no collector that is away.
      if (stopping.signal.aborted && failures > 0) return lose(waiting.splice(0).length, 'the service stops');
      const batch = await gather();
      if (batch.count > 0) await send(batch);
    }
  }

  function start(): void {
    sending = sendAll().finally(() => {
      sending = undefined;
      // One that came in the last tick.
      if (waiting.length > 0 && !stopping.signal.aborted) start();
    });
  }

  return {
    note({ request: { requestId } }, { to }) {
      if (!(terminalStates as ReadonlySet<string>).has(to)) return;
      if (stopping.signal.aborted) return;
      if (waiting.length >= mostWaiting) return lose(1, 'too many wait');
      waiting.push(requestId);
      if (sending === undefined) start();
    },
    async stop() {
      stopping.abort();
      const cancel = clock.wakeIn(stopLimitMs, () => cut.abort());
      await sending;
      cancel();
    },
  };
}
