// What happens in the service, as it happens: one feed for the tab, which goes on behind its cursor after every break and sleeps with the tab.
import { signal } from '@preact/signals';
import { credentials } from './token.js';
import { CallError, type FeedEvent, refusalIn } from './wire.js';

/** `refused`: by credentials, which only a new tab can have. */
export const connection = signal<'connecting' | 'live' | 'broken' | 'asleep' | 'paused' | 'refused'>('connecting');
/** When the last word came (epoch ms). */
export const heardAt = signal(0);

type Listener = (events: readonly FeedEvent[]) => void;
const listeners = new Set<Listener>();

/** Called with what has come together. Returns the unsubscribe function. */
export function onEvents(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A hidden tab is told nothing after this time (ms). */
const sleepAfterMs = 30_000;
const againMs = 1_000;
/** A beat comes every 15 s: silence beyond this is a broken line that nobody has told us of (ms). */
const silenceMs = 40_000;

let cursor = '0';
let isPaused = false;
let current: AbortController | undefined;
let wake = () => {};

const rest = (ms: number) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });

export function togglePause(): void {
  isPaused = !isPaused;
  if (isPaused) current?.abort();
  else wake();
}

/** Follows for as long as the tab lives. */
export async function followFeed(): Promise<never> {
  let hiddenTimer = 0;
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hiddenTimer);
    if (document.hidden) hiddenTimer = setTimeout(() => current?.abort(), sleepAfterMs);
    else wake();
  });
  for (;;) {
    if (isPaused || (document.hidden && current?.signal.aborted)) {
      connection.value = isPaused ? 'paused' : 'asleep';
      await rest(2 ** 31 - 1);
      current = undefined;
      continue;
    }
    current = new AbortController();
    try {
      await readFeed(current);
      if (!current.signal.aborted) connection.value = 'broken';
    } catch (error) {
      if (error instanceof CallError && error.code === 'CURSOR_AHEAD') startAnew();
      else connection.value = error instanceof CallError && error.code === 'UNAUTHENTICATED' ? 'refused' : 'broken';
    }
    if (!current.signal.aborted) await rest(againMs);
  }
}

/** Another data folder, which counts from its own beginning: nothing that was shown is true any more. */
function startAnew(): void {
  cursor = '0';
  tell([{ feed: '0', reset: { oldest: '0', newest: '0' } }]);
}

/** Throws CallError for a refusal. Returns when the feed has ended, or when nothing comes any more. */
async function readFeed({ signal }: AbortController): Promise<void> {
  for await (const events of followed(`after=${cursor}&coalesce_ms=250&progress=1`, signal)) {
    heardAt.value = Date.now();
    connection.value = 'live';
    if (events.length > 0) tell(events);
  }
}

/** The last of what has happened so far, at most so many. Throws CallError. */
export async function recentEvents(count: number, signal: AbortSignal): Promise<FeedEvent[]> {
  const level = async (after: bigint) => {
    const found: FeedEvent[] = [];
    const controller = new AbortController();
    for await (const events of followed(`after=${after}`, AbortSignal.any([signal, controller.signal]))) {
      found.push(...events);
      // All up to its number has been told.
      if (events.some(({ beat }) => beat !== undefined)) break;
    }
    controller.abort();
    return found;
  };
  const newest = BigInt((await level(0n)).at(-1)?.feed ?? 0);
  // 0 would be what comes from now on.
  return await level(newest > BigInt(count) ? newest - BigInt(count) : 1n);
}

async function* followed(query: string, signal: AbortSignal): AsyncGenerator<FeedEvent[]> {
  const response = await fetch(`/feed?${query}`, {
    headers: credentials(),
    credentials: 'omit',
    cache: 'no-store',
    signal,
  });
  if (!response.ok || response.body === null) throw await refusalIn(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const timer = setTimeout(() => void reader.cancel(), silenceMs);
    const { done, value } = await reader.read().finally(() => clearTimeout(timer));
    if (done || signal.aborted) return;
    text += value;
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    yield parts.flatMap(eventIn);
  }
}

function eventIn(part: string): FeedEvent[] {
  const line = part.split('\n').find((each) => each.startsWith('data: '));
  return line === undefined ? [] : [JSON.parse(line.slice('data: '.length)) as FeedEvent];
}

function tell(events: readonly FeedEvent[]): void {
  for (const { feed } of events) if (BigInt(feed) > BigInt(cursor)) cursor = feed;
  for (const listener of listeners) listener(events);
}
