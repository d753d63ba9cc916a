// Puts the transitions of one durable machine on disk, in order, and says when they are there. While a write is under way later
// transitions gather and go together in the next one: the journal keeps each, the snapshot only the last.
import type { Clock } from '../clock.js';
import { FailureError } from '../failures/failureError.js';
import { failureFrom } from '../failures/failureFrom.js';
import type { Log } from '../log.js';
import type { Envelope, JournalEntry } from '../store/buckets.js';
import type { Store, Transaction } from '../store/environment.js';
import type { DurableKind, TransitionHook } from './kind.js';

export interface TransitionSink<View> {
  readonly kind: Pick<DurableKind<never, never, View, never>, 'name' | 'buckets' | 'isTerminal' | 'expires'>;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** They join every transition's transaction, in this order. */
  readonly hooks: readonly TransitionHook<View>[];
  /** Joins the transaction once for every transition in it; the view is that of the last. Absent: nothing more is written of one. */
  readonly note?: (tx: Transaction, view: View, seq: number, entry: JournalEntry) => void;
  /** The transition is on disk. Only now may anyone see it. */
  readonly onDurable: (view: View) => void;
}

export interface TransitionWriter<View> {
  record(entry: JournalEntry, envelope: Envelope, view: View): void;
  /** Resolves when everything recorded so far is on disk. Rejects with a FailureError when the first transition could not be written. */
  settled(): Promise<void>;
  /** From now on a failed write is given up instead of repeated: the process is about to end, the next boot repeats the work. */
  giveUpOnFailure(): void;
}

interface Pending<View> {
  readonly entries: readonly JournalEntry[];
  readonly envelope: Envelope;
  readonly view: View;
}

/** A write that failed for lack of room is repeated at this pace (ms): quick enough to go unnoticed, slow enough not to spin. */
const rewritePauseMs = 500;

/** `withFirst` joins the very first transaction of a new one. A restored one has none. */
export function createTransitionWriter<View>(
  sink: TransitionSink<View>,
  id: string,
  withFirst?: (tx: Transaction) => void,
): TransitionWriter<View> {
  const { kind, store, clock, log } = sink;
  const { snapshots, journal, open } = kind.buckets;
  const named = { [`${kind.name}Id`]: id };
  let pending: Pending<View> | undefined;
  let first = withFirst;
  let writing: Promise<void> | undefined;
  let givingUp = false;
  let isComplaining = false;

  const append = (older: Pending<View> | undefined, newer: Pending<View>): Pending<View> =>
    older === undefined ? newer : { ...newer, entries: [...older.entries, ...newer.entries] };

  async function write({ entries, envelope, view }: Pending<View>): Promise<void> {
    await store.write((tx) => {
      const firstSeq = envelope.seq - entries.length + 1;
      for (const [index, entry] of entries.entries()) {
        tx.put(journal, [id, firstSeq + index] as never, entry);
        sink.note?.(tx, view, firstSeq + index, entry);
      }
      tx.put(snapshots, [id] as never, envelope);
      if (kind.isTerminal(view)) {
        tx.remove(open, ...([id] as never));
        if (kind.expires === true) tx.put('ended', [kind.name, envelope.at, id], true);
      }
      first?.(tx);
      for (const hook of sink.hooks) hook(tx, view);
    });
  }

  async function drain(): Promise<void> {
    // Transitions of the same tick share the first write: requested, then admitted at once.
    await Promise.resolve();
    try {
      while (pending !== undefined) await writeNext(pending);
    } finally {
      // In the same tick in which nothing is pending: what came in between would wait for a write that has ended.
      writing = undefined;
    }
  }

  /** Resolves when it is on disk, or pending again. */
  async function writeNext(current: Pending<View>): Promise<void> {
    pending = undefined;
    try {
      await write(current);
    } catch (error) {
      const failure = failureFrom(error, id);
      // Once: a full disk would otherwise be filled by its own complaints.
      log[isComplaining ? 'debug' : 'error'](
        { event: 'store.write_failed', ...named, code: failure.code, err: error },
        'transition is not on disk, tried again until it is',
      );
      isComplaining = true;
      // A new one is refused whole: its id is not known outside yet.
      if (first !== undefined || givingUp) throw new FailureError(failure, { cause: error });
      pending = pending === undefined ? current : append(current, pending);
      await new Promise<void>((resolve) => clock.wakeIn(rewritePauseMs, resolve));
      return;
    }
    first = undefined;
    if (isComplaining) log.info({ event: 'store.write_resumed', ...named }, 'transitions are on disk again');
    isComplaining = false;
    sink.onDurable(current.view);
  }

  return {
    record(entry, envelope, view) {
      pending = append(pending, { entries: [entry], envelope, view });
      if (writing !== undefined) return;
      writing = drain();
      // The caller of start() awaits settled(). For later transitions a rejection means only that the process is stopping.
      writing.catch(() => {});
    },
    settled: () => writing ?? Promise.resolve(),
    giveUpOnFailure() {
      givingUp = true;
    },
  };
}
