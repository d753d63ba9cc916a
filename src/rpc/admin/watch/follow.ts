// Tells one watcher what happens. It is pulled: nothing is read from the feed before what was read last has been taken, so that a watcher
// which does not read costs the entries of one look.
import type { FeedItem } from '../../../feed/feed.js';
import type { AdminDependencies } from '../dependencies.js';
import { moment } from '../spans.js';
import type { EventMessage, Events } from './events.js';
import { createProgress } from './progress.js';
import type { Watching } from './watching.js';

/** Some 25 KB as text, of which a watcher who does not read holds two. */
const readAtOnce = 32;
const beatMs = 15_000;
const progressMs = 1_000;

export type FollowDependencies = Pick<AdminDependencies, 'feed' | 'scheduling' | 'registry' | 'clock'> & {
  readonly events: Events;
};

/** What is told at once, many or one: each watcher costs a look and a write, and not as many as there are events. Ends when the signal fires. */
export async function* follow(
  { feed, events, ...parts }: FollowDependencies,
  { after, isMeant, concerns, isWanted, concernsDelivery, progress, coalesceMs }: Watching,
  signal: AbortSignal,
): AsyncGenerator<readonly EventMessage[]> {
  const { clock } = parts;
  const progressed = progress ? createProgress(parts, isMeant) : undefined;
  const message = (event: NonNullable<EventMessage['event']>, n: number): EventMessage => ({
    feed: BigInt(n),
    at: moment(clock.now()),
    event,
  });
  let cursor = after ?? feed.newest;
  let isMore = true;
  let isCaughtUp = false;
  let beatAt = clock.steady();
  while (!signal.aborted) {
    if (!isMore) {
      const restMs = Math.max(0, beatAt - clock.steady());
      await feed.untilGrown(cursor, progress ? Math.min(restMs, progressMs) : restMs, signal);
      if (coalesceMs > 0 && feed.newest > cursor) await feed.untilGrown(Number.POSITIVE_INFINITY, coalesceMs, signal);
      if (signal.aborted) return;
    }
    const told: EventMessage[] = [];
    if (cursor < feed.oldest - 1) {
      const { oldest, newest } = feed;
      cursor = newest;
      told.push(message({ case: 'reset', value: { oldest: BigInt(oldest), newest: BigInt(newest) } }, newest));
    }
    const items = feed.read(cursor, readAtOnce);
    isMore = items.length === readAtOnce;
    for (const item of coalesceMs > 0 ? lastOfEach(items) : items) {
      cursor = item.n;
      const event = isWanted(item.entry.what) ? events(item) : undefined;
      if (event === undefined) continue;
      const { transition, delivery } = event;
      if (delivery !== undefined && !concernsDelivery(delivery)) continue;
      if (transition !== undefined && !(concerns(transition.entry) && isMeant(transition.view))) continue;
      told.push(event.message);
      beatAt = clock.steady() + beatMs;
    }
    cursor = items.at(-1)?.n ?? cursor;
    told.push(...(progressed?.() ?? []));
    if ((!isCaughtUp && !isMore) || clock.steady() >= beatAt) {
      isCaughtUp = true;
      beatAt = clock.steady() + beatMs;
      told.push(message({ case: 'beat', value: {} }, cursor));
    }
    if (told.length > 0) yield told;
  }
}

/** Of each request and each delivery only the last entry; the rest stays. */
function lastOfEach(items: readonly FeedItem[]): FeedItem[] {
  const nameOf = ({ n, entry }: FeedItem) => ('seq' in entry ? `${entry.what} ${entry.id}` : n);
  const last = new Map(items.map((item) => [nameOf(item), item.n]));
  return items.filter((item) => last.get(nameOf(item)) === item.n);
}
