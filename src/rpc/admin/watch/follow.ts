// Tells one watcher what happens. It is pulled: nothing is read from the feed before what was read last has been taken, so that a watcher
// which does not read costs the entries of one look.
import type { AdminDependencies } from '../dependencies.js';
import { moment } from '../spans.js';
import type { Batches } from './batches.js';
import type { EventMessage } from './events.js';
import { createProgress } from './progress.js';
import type { Ticks } from './ticks.js';
import type { Watching } from './watching.js';

const beatMs = 15_000;
const progressMs = 1_000;

/** After so many batches at once all other calls have their turn: each takes a twentieth of a millisecond for each watcher. */
const batchesInTurn = 2;

export type FollowDependencies = Pick<AdminDependencies, 'feed' | 'scheduling' | 'registry' | 'clock'> & {
  readonly batches: Batches;
  readonly ticks: Ticks;
};

/** What is told at once, many or one: each watcher costs a look and a write, and not as many as there are events. Ends when the signal fires. */
export async function* follow(
  { feed, batches, ticks, ...parts }: FollowDependencies,
  watching: Watching,
  signal: AbortSignal,
): AsyncGenerator<readonly EventMessage[]> {
  const { clock } = parts;
  const { after, progress, coalesceMs } = watching;
  const progressed = progress ? createProgress(parts, watching.isMeant) : undefined;
  const message = (event: NonNullable<EventMessage['event']>, n: number): EventMessage => ({
    feed: BigInt(n),
    at: moment(clock.now()),
    event,
  });
  let cursor = after ?? feed.newest;
  /** All who begin to read at the same moment read to the same end, and so the same batches. */
  let goal = feed.newest;
  let isCaughtUp = false;
  let beatAt = clock.steady() + beatMs;
  for (let read = 1; !signal.aborted; read += 1) {
    if (isCaughtUp && cursor >= goal) {
      const restMs = Math.max(0, beatAt - clock.steady());
      await feed.untilGrown(cursor, progress ? Math.min(restMs, progressMs) : restMs, signal);
      if (coalesceMs > 0 && feed.newest > cursor) await ticks(coalesceMs, signal);
      if (signal.aborted) return;
      goal = feed.newest;
    } else if (read % batchesInTurn === 0) await clock.turn();
    const others: EventMessage[] = [];
    if (cursor < feed.oldest - 1) {
      const { oldest, newest } = feed;
      cursor = goal = newest;
      others.push(message({ case: 'reset', value: { oldest: BigInt(oldest), newest: BigInt(newest) } }, newest));
    }
    const batch = batches(cursor, goal, coalesceMs > 0);
    cursor = batch.to;
    const events = batch.meantFor(watching);
    if (events.length > 0) {
      beatAt = clock.steady() + beatMs;
      yield events;
    }
    others.push(...(progressed?.() ?? []));
    if ((!isCaughtUp && cursor >= goal) || clock.steady() >= beatAt) {
      isCaughtUp = true;
      beatAt = clock.steady() + beatMs;
      others.push(message({ case: 'beat', value: {} }, cursor));
    }
    if (others.length > 0) yield others;
  }
}
