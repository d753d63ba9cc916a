// Counts the starts of the service with its data folder, so that a history shows where the service was started anew, and says so in the feed.
import type { FeedWriter } from '../feed/feed.js';
import type { Store } from '../store/environment.js';

/** On disk before anything of this life is. The first is 1. */
export const nextLife = (store: Store, feed: FeedWriter, at: number): Promise<number> =>
  store.write((tx) => {
    const last = tx.get('meta', 'life');
    const life = (typeof last === 'number' ? last : 0) + 1;
    tx.put('meta', ['life'], life);
    feed.note(tx, { at, what: 'start', life });
    return life;
  });
