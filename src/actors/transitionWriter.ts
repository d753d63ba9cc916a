// Puts the transitions of one request on disk, in order, and tells when they are there. While a write is under way later
// transitions gather and go together in the next one: the journal keeps each, the snapshot only the last.
import type { Clock } from '../clock.js';
import { FailureError, failureFrom } from '../errors.js';
import type { RequestId } from '../ids.js';
import type { Log } from '../log.js';
import { isTerminal, type RequestView } from '../machines/requestView.js';
import type { Envelope, JournalEntry } from '../store/buckets.js';
import type { Store, Transaction } from '../store/environment.js';

export interface TransitionSink {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** More writes that belong to the same transition. Runs inside its transaction. */
  readonly alsoWrite: (tx: Transaction, view: RequestView) => void;
  /** The transition is on disk; only now may anyone see it. */
  readonly onDurable: (view: RequestView) => void;
}

export interface TransitionWriter {
  record(entry: JournalEntry, envelope: Envelope, view: RequestView): void;
  /** Resolves when everything recorded so far is on disk; rejects with a FailureError when the first transition could not be written. */
  settled(): Promise<void>;
  /** From now on a failed write is given up instead of repeated: the process is about to end, the next boot repeats the work. */
  giveUpOnFailure(): void;
}

interface Pending {
  readonly entries: readonly JournalEntry[];
  readonly envelope: Envelope;
  readonly view: RequestView;
}

/** A write that failed for lack of room is repeated at this pace (ms): quick enough to go unnoticed, slow enough not to spin. */
const rewritePauseMs = 500;

/** `withFirst` joins the very first transaction of a new request; restored requests have none. */
export function createTransitionWriter(
  sink: TransitionSink,
  requestId: RequestId,
  withFirst?: (tx: Transaction) => void,
): TransitionWriter {
  const { store, clock, log } = sink;
  let pending: Pending | undefined;
  let first = withFirst;
  let writing: Promise<void> | undefined;
  let givingUp = false;
  let isComplaining = false;

  const append = (older: Pending | undefined, newer: Pending): Pending =>
    older === undefined ? newer : { ...newer, entries: [...older.entries, ...newer.entries] };

  async function write({ entries, envelope, view }: Pending): Promise<void> {
    await store.write((tx) => {
      const firstSeq = envelope.seq - entries.length + 1;
      for (const [index, entry] of entries.entries()) tx.put('journal', [requestId, firstSeq + index], entry);
      tx.put('snapshots', [requestId], envelope);
      if (isTerminal(view)) tx.remove('openRequests', requestId);
      first?.(tx);
      sink.alsoWrite(tx, view);
    });
  }

  async function drain(): Promise<void> {
    // Transitions of the same tick (requested, then admitted at once) share the first write.
    await Promise.resolve();
    while (pending !== undefined) {
      const current = pending;
      pending = undefined;
      try {
        await write(current);
      } catch (error) {
        const failure = failureFrom(error, requestId);
        // Once: a full disk would otherwise be filled by its own complaints.
        log[isComplaining ? 'debug' : 'error'](
          { event: 'store.write_failed', requestId, code: failure.code, err: error },
          'transition is not on disk, tried again until it is',
        );
        isComplaining = true;
        // A new request is refused whole; nobody has its id yet.
        if (first !== undefined || givingUp) throw new FailureError(failure, { cause: error });
        pending = pending === undefined ? current : append(current, pending);
        await new Promise<void>((resolve) => clock.wakeAt(clock.now() + rewritePauseMs, resolve));
        continue;
      }
      first = undefined;
      if (isComplaining) log.info({ event: 'store.write_resumed', requestId }, 'transitions are on disk again');
      isComplaining = false;
      sink.onDurable(current.view);
    }
  }

  return {
    record(entry, envelope, view) {
      pending = append(pending, { entries: [entry], envelope, view });
      if (writing !== undefined) return;
      writing = drain().finally(() => {
        writing = undefined;
      });
      // Whoever started the request awaits settled(); for later transitions a rejection means only that the process is stopping.
      writing.catch(() => {});
    },
    settled: () => writing ?? Promise.resolve(),
    giveUpOnFailure() {
      givingUp = true;
    },
  };
}
