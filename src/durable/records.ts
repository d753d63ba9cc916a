// Deletes the records of durable machines that have ended, when their retention is over. In slices with pauses between them, so that
// calls never wait for it. What a stop has delayed is done at the next start.
import { type Clock, lookAgainMs } from '../clock.js';
import type { Log } from '../log.js';
import type { Store, Transaction } from '../store/environment.js';
import type { KindBuckets } from './kind.js';

/** A kind whose ends are noted (`expires`). */
export interface RecordKind {
  readonly name: string;
  readonly buckets: KindBuckets;
  /** It is there and has not ended, as far as that is durable. */
  readonly isOpen: (id: string) => boolean;
  /** Removes what there is beside snapshot and journal, in the transaction that removes those. Answers what to do once that is on disk. */
  readonly forget?: (tx: Transaction, id: string) => (() => Promise<void>) | undefined;
}

export interface Records {
  /** Deletes what is due and waits for the next. */
  start(): void;
  stop(): void;
}

export interface RecordsParameters {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly kinds: readonly RecordKind[];
  /** Undefined: all stay. Ends are noted all the same, so that a later start may choose otherwise. */
  readonly retentionMs: number | undefined;
}

/** Records deleted in one transaction, of some fifteen keys each: a few milliseconds, which calls wait for. */
const deletedAtOnce = 50;
/** Between two slices (ms). It makes 180,000 an hour; wrong if more requests than that end. */
const pauseMs = 1_000;
/** Snapshots of earlier releases that are looked at in one turn of the loop. */
const enteredInTurn = 250;
const enteredName = 'recordsEntered';

export function createRecords({ store, clock, log, kinds, retentionMs }: RecordsParameters): Records {
  let cancelWake = () => {};
  let stopped = false;

  function dueOf(kind: RecordKind, before: number): [string, number, string][] {
    const keys = [...store.scan('ended', [kind.name], { limit: deletedAtOnce })].map(({ key }) => key);
    return keys.filter(([, at]) => at <= before);
  }

  async function forget(kind: RecordKind, keys: readonly [string, number, string][]): Promise<void> {
    const after = await store.write((tx) =>
      keys.flatMap((key) => {
        tx.remove('ended', ...key);
        const id = key[2];
        // Ends are noted with the end itself. One that is open all the same is our bug, and stays.
        if (kind.isOpen(id)) return [];
        const then = kind.forget?.(tx, id);
        tx.remove(kind.buckets.snapshots, ...([id] as never));
        for (const { key: entry } of store.scan(kind.buckets.journal, [id] as never))
          tx.remove(kind.buckets.journal, ...(entry as never));
        return then === undefined ? [] : [then];
      }),
    );
    for (const each of after) await each();
    log.info(
      { event: 'record.forgotten', kind: kind.name, count: keys.length },
      'records are deleted, their time is over',
    );
  }

  /** Answers whether there may be more. */
  async function forgetDue(retention: number): Promise<boolean> {
    let isFull = false;
    for (const kind of kinds) {
      const keys = dueOf(kind, clock.now() - retention);
      if (keys.length > 0) await forget(kind, keys);
      isFull ||= keys.length === deletedAtOnce;
    }
    return isFull;
  }

  /** Notes the ends of those that earlier releases left, once. A start that is cut begins anew, and notes the same. */
  async function enterOlder(): Promise<void> {
    if (store.get('meta', enteredName) !== undefined) return;
    for (const { name, buckets } of kinds) {
      for await (const slice of store.slices(buckets.snapshots, { limit: enteredInTurn, turn: clock.turn })) {
        if (stopped) return;
        await store.write((tx) => {
          for (const { key, value } of slice)
            if (tx.get(buckets.open, ...(key as never)) === undefined) tx.put('ended', [name, value.at, key[0]], true);
        });
      }
    }
    await store.write((tx) => tx.put('meta', [enteredName], true));
  }

  async function run(): Promise<void> {
    let isFull = false;
    try {
      await enterOlder();
      if (retentionMs !== undefined && !stopped) isFull = await forgetDue(retentionMs);
    } catch (error) {
      if (!stopped) log.error({ event: 'record.forget_failed', err: error }, 'records stay until the next try');
    }
    if (stopped || retentionMs === undefined) return;
    // No record is missed within the minute. One that goes late is no harm: its proof went long before.
    cancelWake = clock.wakeIn(isFull ? pauseMs : lookAgainMs, () => void run());
  }

  return {
    start: () => void run(),
    stop() {
      stopped = true;
      cancelWake();
    },
  };
}
