// The line before a provider: one quote at a time, so many a second, and equal wishes share one. Agents hold a lock while they make a quote,
// which takes up to a second, and nothing that strangers ask may keep them from the rest of their work.
import type { Clock } from '../../clock.js';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { Log } from '../../log.js';
import { type CheckedQuote, checkedQuote } from '../providers/checkedQuote.js';
import { ProviderError, type QuoteProvider } from '../providers/quoteProvider.js';
import { toHex } from '../verify/bytes.js';

export interface QuoteQueue {
  /** Over these 64 bytes. Rejects with QUOTE_BUSY or QUOTE_UNAVAILABLE. */
  quote(reportData: Uint8Array): Promise<CheckedQuote>;
  /** Gives up what is under way and what waits. */
  close(): void;
}

export interface QuoteQueueParameters {
  readonly provider: QuoteProvider;
  readonly clock: Pick<Clock, 'steady' | 'wakeIn'>;
  readonly log: Pick<Log, 'warn' | 'error'>;
}

const mostASecond = 5;
const mostWaiting = 64;
/** In the line, and then again for the quote itself (ms). */
const patienceMs = 10_000;

interface Wish {
  readonly reportData: Uint8Array;
  readonly resolve: (quote: CheckedQuote) => void;
  readonly reject: (error: Error) => void;
  /** Of leaving the line. */
  cancel: () => void;
}

export function createQuoteQueue({ provider, clock, log }: QuoteQueueParameters): QuoteQueue {
  const waiting = new Set<Wish>();
  /** By what is quoted: those in the line and the one that is made. */
  const wished = new Map<string, Promise<CheckedQuote>>();
  /** When the last quotes were begun, the oldest first. */
  const begun: number[] = [];
  /** The provider has not let go yet, whether or not somebody still waits for it. */
  let isBusy = false;
  let isClosed = false;
  let abort = () => {};
  let cancelWait: (() => void) | undefined;

  function next(): void {
    const [wish] = waiting;
    if (isBusy || cancelWait !== undefined || wish === undefined) return;
    const restMs = begun.length < mostASecond ? 0 : 1_000 - (clock.steady() - (begun[0] ?? 0));
    if (restMs > 0) {
      cancelWait = clock.wakeIn(restMs, () => {
        cancelWait = undefined;
        next();
      });
      return;
    }
    waiting.delete(wish);
    wish.cancel();
    if (begun.push(clock.steady()) > mostASecond) begun.shift();
    isBusy = true;
    make(wish).finally(() => {
      isBusy = false;
      next();
    });
  }

  /** Resolves when the provider has let go. */
  async function make({ reportData, resolve, reject }: Wish): Promise<void> {
    const late = new AbortController();
    abort = () => late.abort(new ProviderError('the service is stopping'));
    const cancel = clock.wakeIn(patienceMs, () => {
      const problem = new ProviderError(`${provider.describe()} did not answer within ${patienceMs / 1000} s`);
      late.abort(problem);
      reject(unavailable(problem));
    });
    try {
      resolve(await checkedQuote(provider, reportData, late.signal));
    } catch (error) {
      reject(unavailable(error));
    } finally {
      cancel();
    }
  }

  function unavailable(error: unknown): FailureError {
    const provided = { event: 'attestation.no_quote', provider: provider.name };
    if (error instanceof ProviderError) {
      log.warn({ ...provided, problem: error.problem }, 'no quote was made');
      return new FailureError(fail('QUOTE_UNAVAILABLE', { problem: error.problem }), { cause: error });
    }
    log.error({ ...provided, err: error }, 'no quote was made, for an unexpected reason');
    return new FailureError(fail('QUOTE_UNAVAILABLE', { problem: 'its provider failed unexpectedly' }), {
      cause: error,
    });
  }

  const enter = (reportData: Uint8Array): Promise<CheckedQuote> =>
    new Promise((resolve, reject) => {
      const leave = () => {
        waiting.delete(wish);
        reject(busy());
      };
      const wish: Wish = { reportData, resolve, reject, cancel: clock.wakeIn(patienceMs, leave) };
      waiting.add(wish);
      next();
    });

  return {
    quote(reportData) {
      const key = toHex(reportData);
      const same = wished.get(key);
      if (same !== undefined) return same;
      if (isClosed || waiting.size >= mostWaiting) return Promise.reject(busy());
      const made = enter(reportData);
      wished.set(key, made);
      const forget = () => wished.delete(key);
      made.then(forget, forget);
      return made;
    },

    close() {
      isClosed = true;
      cancelWait?.();
      for (const wish of waiting) {
        wish.cancel();
        wish.reject(busy());
      }
      waiting.clear();
      abort();
    },
  };
}

const busy = () => new FailureError(fail('QUOTE_BUSY'));
