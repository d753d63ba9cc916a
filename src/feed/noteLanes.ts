// Changes of lanes, for the feed. A lane is no durable machine: its change is true when it happens, and a transaction of its own says so.
import type { Clock } from '../clock.js';
import type { LaneId } from '../ids.js';
import type { LaneStatus, Scheduling } from '../lanes/scheduling.js';
import type { Log } from '../log.js';
import type { Store } from '../store/environment.js';
import type { FeedWriter } from './feed.js';

export interface NoteLanesParameters {
  readonly scheduling: Pick<Scheduling, 'lanes' | 'onLaneChange'>;
  readonly feed: FeedWriter;
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/** From now on. Returns what ends it, and resolves when all is on disk or given up. */
export function noteLanes({ scheduling, feed, store, clock, log }: NoteLanesParameters): () => Promise<void> {
  const known = new Map<LaneId, LaneStatus>(scheduling.lanes().map((lane) => [lane.id, lane]));
  const writes = new Set<Promise<void>>();

  const unsubscribe = scheduling.onLaneChange((lane) => {
    const before = known.get(lane.id);
    known.set(lane.id, lane);
    if (before?.state === lane.state && before.warm === lane.warm) return;
    const { id, state: to, warm } = lane;
    const entry = { at: clock.now(), what: 'lane', id, from: before?.state ?? '', to, warm } as const;
    const written = store
      .write((tx) => {
        feed.note(tx, entry);
      })
      .catch((error: unknown) =>
        // On a full disk. Nothing waits for it, and `lanes` shows how it stands.
        log.debug({ event: 'feed.lane_lost', laneId: id, to, err: error }, 'a change of a lane is not in the feed'),
      )
      .finally(() => writes.delete(written));
    writes.add(written);
  });

  return async () => {
    unsubscribe();
    await Promise.all(writes);
  };
}
