// What lies behind a cursor of the feed, as those hear it who watch. Watchers mostly stand at the same place and want to hear the same: it is
// made once for all of them, so that one more costs a write.
import type { Feed, FeedItem } from '../../../feed/feed.js';
import type { EventMessage, Events } from './events.js';
import type { Watching } from './watching.js';

export interface Batch {
  /** Its reader goes on behind this number. */
  readonly to: number;
  /** The same array for all whose `watching` means the same. */
  meantFor(watching: Watching): readonly EventMessage[];
}

/** Behind `after`, at most `upTo`. `onlyLast`: of each request and each delivery only the last entry. */
export type Batches = (after: number, upTo: number, onlyLast: boolean) => Batch;

/** Some 25 KB as text, of which a watcher who does not read holds two. */
const toldAtOnce = 32;
/** Of which only the last of each is told. */
const lookedThrough = 256;
/** Those who stand together are never further apart than the slowest of their sockets takes them. */
const mostKept = 16;

export function createBatches({
  feed,
  events,
}: {
  readonly feed: Pick<Feed, 'read'>;
  readonly events: Events;
}): Batches {
  const kept = new Map<string, Batch>();
  return (after, upTo, onlyLast) => {
    const key = `${after} ${upTo} ${onlyLast}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const batch = batchOf(feed, events, after, upTo, onlyLast);
    kept.set(key, batch);
    const [oldest] = kept.keys();
    if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
    return batch;
  };
}

function batchOf(feed: Pick<Feed, 'read'>, events: Events, after: number, upTo: number, onlyLast: boolean): Batch {
  const limit = onlyLast ? lookedThrough : toldAtOnce;
  const read = feed.read(after, limit);
  const found = read.filter(({ n }) => n <= upTo);
  const told = onlyLast ? lastOfEach(found) : found;
  const items = told.slice(0, toldAtOnce);
  const isCut = items.length < told.length || found.length === limit;
  const to = isCut ? (items.at(-1)?.n ?? upTo) : upTo;
  const meant = new Map<string, readonly EventMessage[]>();
  return {
    to,
    meantFor(watching) {
      const known = meant.get(watching.key);
      if (known !== undefined) return known;
      const messages = items.flatMap((item) => messageFor(watching, item, events) ?? []);
      meant.set(watching.key, messages);
      return messages;
    },
  };
}

function messageFor(
  { isWanted, concerns, isMeant, concernsDelivery }: Watching,
  item: FeedItem,
  events: Events,
): EventMessage | undefined {
  const event = isWanted(item.entry.what) ? events(item) : undefined;
  if (event === undefined) return undefined;
  const { transition, delivery } = event;
  if (delivery !== undefined && !concernsDelivery(delivery)) return undefined;
  if (transition !== undefined && !(concerns(transition.entry) && isMeant(transition.view))) return undefined;
  return event.message;
}

/** Of each request and each delivery only the last entry; the rest stays. */
function lastOfEach(items: readonly FeedItem[]): FeedItem[] {
  const nameOf = ({ n, entry }: FeedItem) => ('seq' in entry ? `${entry.what} ${entry.id}` : n);
  const names = items.map(nameOf);
  const last = new Map(names.map((name, index) => [name, index]));
  return items.filter((_, index) => last.get(names[index] as string | number) === index);
}
