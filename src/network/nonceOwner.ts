// The one owner of the signer's nonces: one signed call in flight, the earliest deadline first, no number skipped and none guessed.
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { ResyncReason } from './networkWatch.js';

/** How a call with a granted nonce ended, as far as the nonce is concerned. */
export type NonceNews =
  | { readonly kind: 'accepted' }
  /** The network wants this number; undefined where its text has none. */
  | { readonly kind: 'wanted'; readonly expected: bigint | undefined }
  | { readonly kind: 'unknown' };

interface Waiting {
  readonly deadlineAt: number;
  readonly isFailure: boolean;
  readonly grant: (nonce: bigint) => void;
}

export interface NonceOwner {
  /** Calls `grant` when it is this one's turn. Returns a function that takes it out of the line. */
  line(waiting: Waiting): () => void;
  /** The call in flight has ended. */
  done(nonce: bigint, news: NonceNews): void;
  /** Numbers that somebody else has used up. */
  readonly foreign: number;
  close(): void;
}

/** Between two looks for the next nonce while nothing answers (ms). */
const probePauseMs = { first: 5_000, last: 30_000 } as const;

/** "expected N, got M" of the network's text. */
export const wantedNonce = (text: string): bigint | undefined => {
  const found = /nonce.*expected (\d{1,20}), got \d{1,20}/.exec(text)?.[1];
  return found === undefined ? undefined : BigInt(found);
};

/** Whether a refusal is about the nonce, whatever its code: it wears an outage's. A fault of the network's database is none. */
export const isNonceRefusal = (text: string): boolean => /invalid nonce/.test(text);

/** `look` asks the network for the next number. `note` is called when our own count does not hold, or begins. */
export function createNonceOwner({
  look,
  clock,
  log,
  note = () => {},
}: {
  look: () => Promise<bigint>;
  clock: Clock;
  log: Log;
  note?: (why: ResyncReason) => void;
}): NonceOwner {
  const waiting = new Set<Waiting>();
  const state = { foreign: 0 };
  let next: bigint | undefined;
  /** Below it all are used: the network's reads may lag behind what it has accepted. */
  let floor = 0n;
  let counting = false;
  let busy = false;
  let probing = false;
  let closed = false;
  /** The next probe, when one is due. */
  let cancelProbe: (() => void) | undefined;

  /** Of equal ones the one that has waited longest. */
  function first(): Waiting | undefined {
    let found: Waiting | undefined;
    for (const each of waiting) if (found === undefined || isBefore(each, found)) found = each;
    return found;
  }

  function serve(): void {
    if (busy || closed || waiting.size === 0) return;
    if (next === undefined) {
      // Whoever comes while nothing answers waits for the probe that is due, and adds none.
      if (cancelProbe === undefined) void probe(probePauseMs.first);
      return;
    }
    const head = first();
    if (head === undefined) return;
    waiting.delete(head);
    busy = true;
    head.grant(next);
  }

  async function probe(pauseMs: number): Promise<void> {
    if (probing) return;
    if (!counting) note('start');
    counting = true;
    probing = true;
    try {
      const found = await look();
      next = found < floor ? floor : found;
      probing = false;
      serve();
    } catch (error) {
      probing = false;
      log.warn({ event: 'network.nonce_unread', err: error }, 'the next nonce cannot be read, reports wait');
      const again = Math.min(pauseMs * 2, probePauseMs.last);
      if (closed) return;
      cancelProbe = clock.wakeIn(pauseMs, () => {
        cancelProbe = undefined;
        void probe(again);
      });
    }
  }

  function afterRefusal(nonce: bigint, expected: bigint | undefined): void {
    next = expected;
    const why = expected === undefined ? 'unnumbered' : expected > nonce ? 'foreign' : 'tooHigh';
    note(why);
    if (expected === undefined || expected <= nonce) return;
    floor = expected;
    state.foreign += 1;
    const level = state.foreign > 1 ? 'error' : 'warn';
    log[level](
      { event: 'network.nonce_foreign', times: state.foreign },
      'a nonce of our key was used up by another call: nobody else may sign with it',
    );
  }

  return {
    line(entry) {
      waiting.add(entry);
      serve();
      return () => void waiting.delete(entry);
    },
    done(nonce, news) {
      busy = false;
      if (news.kind === 'accepted') {
        next = nonce + 1n;
        floor = next;
      } else if (news.kind === 'wanted') afterRefusal(nonce, news.expected);
      else {
        next = undefined;
        note('unknown');
      }
      serve();
    },
    get foreign() {
      return state.foreign;
    },
    close() {
      closed = true;
      cancelProbe?.();
    },
  };
}

/** The earliest deadline first, and a proof before a failure. */
const isBefore = (a: Waiting, b: Waiting): boolean =>
  a.deadlineAt < b.deadlineAt || (a.deadlineAt === b.deadlineAt && !a.isFailure && b.isFailure);
