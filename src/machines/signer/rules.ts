// The words of the signer machine: what it remembers of a signing key, what it hears, and the rules by which it judges. The key itself is
// in none of them. The states are in `machine.ts`.
import { assign, fromCallback, setup } from 'xstate';
import type { Address, Sha256, SignerId } from '../../ids.js';

/** Where the key is to be registered. Off the chain its clients verify the quote themselves. */
export type Place =
  | { readonly kind: 'off-chain' }
  | { readonly kind: 'chain'; readonly chainId: number; readonly registry: Address };

/** What a signer is started with. Never changes. */
export interface SignerStart {
  readonly signerId: SignerId;
  readonly place: Place;
  /** Epoch ms. */
  readonly createdAt: number;
}

export interface ReferenceBlock {
  readonly number: number;
  /** 32 bytes in hex. */
  readonly hash: string;
}

/** A quote without its bytes, which are in memory as long as the key is. */
export interface QuoteFacts {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  readonly reference: ReferenceBlock;
  /** 64 bytes in hex. */
  readonly reportData: string;
}

/** One that was signed and may be mined at any time. Amounts in wei, in decimal. */
export interface SentTransaction {
  readonly hash: string;
  readonly nonce: number;
  readonly maxFeePerGas: string;
  readonly maxPriorityFeePerGas: string;
  /** The head at the time. */
  readonly block: number;
}

/** Unix seconds, by the chain's clock. Off the chain there is neither a transaction nor a block. */
export interface Registration {
  readonly registeredAt: number;
  readonly expiresAt: number;
  readonly transaction?: string;
  readonly block?: number;
}

/**
 * What went wrong, in our own words, and what helps: trying again, a new quote, or nothing at all.
 * `cause` is for tests, logs and metrics.
 */
export interface SignerFault {
  readonly cause:
    | 'quote'
    | 'rpc'
    | 'funds'
    | 'fee'
    | 'stale-block'
    | 'refused'
    | 'reverted'
    | 'nonce'
    | 'window'
    | 'restart'
    | 'unexpected';
  readonly helps: 'again' | 'new-quote' | 'nothing';
  readonly detail: string;
}

export interface SignerContext {
  readonly start: SignerStart;
  readonly address: Address | null;
  /** Uncompressed, 65 bytes in hex. */
  readonly publicKey: string | null;
  readonly quote: QuoteFacts | null;
  /** Of the nonce that is under way, the latest last. Any of them may be the one that is mined. */
  readonly transactions: readonly SentTransaction[];
  readonly registration: Registration | null;
  /** It has been the signing key: epoch ms. */
  readonly activeAt: number | null;
  /** Since it was registered last: each try costs a quote, and some cost gas, so that only a registration shortens the pauses again. */
  readonly faults: number;
  readonly lastFault: SignerFault | null;
  /** Epoch ms at which backing off ends. */
  readonly retryAt: number | null;
}

export type SignerEvent =
  | { type: 'KEY_MADE'; address: Address; publicKey: string }
  /** The process that held the key has ended, or never held it. */
  | { type: 'KEY_LOST' }
  | { type: 'QUOTED'; quote: QuoteFacts }
  | { type: 'QUOTE_FAILED'; fault: SignerFault; at: number }
  | { type: 'RETRY_DUE' }
  | { type: 'SENT'; transaction: SentTransaction }
  /** The operator sends it. */
  | { type: 'HANDED_OVER' }
  | { type: 'REPLACED'; transaction: SentTransaction }
  | { type: 'SEND_FAILED'; fault: SignerFault; at: number }
  /** Another transaction has used the nonce. */
  | { type: 'NONCE_TAKEN' }
  | { type: 'REVERTED'; fault: SignerFault; at: number }
  /** The reference block is too old for the registry by now. */
  | { type: 'WINDOW_PASSED' }
  | { type: 'CONFIRMED'; registration: Registration; at: number }
  | { type: 'SUPERSEDED' }
  | { type: 'REGISTRATION_LOST'; inWindow: boolean }
  | { type: 'REVOKED' }
  | { type: 'LIFE_SHORT' }
  | { type: 'DRAINED' }
  | { type: 'LIFE_OVER' };

/** Pauses after the first, second, … fault (ms), and the last of them after every other one: a reference block must not age meanwhile. */
const backOffMs = [2_000, 5_000, 10_000, 30_000] as const;
export const longestBackOffMs = backOffMs[3];
const pauseOf = (faults: number) => backOffMs[Math.min(faults, backOffMs.length) - 1] ?? longestBackOffMs;

/** Replacements of one nonce that are watched. Each raises the fees by a quarter, so that more of them are never reached. */
const mostTransactions = 32;

const restart: SignerFault = {
  cause: 'restart',
  helps: 'nothing',
  detail: 'the process that held the key has ended',
};

const effect = () => fromCallback<SignerEvent, SignerContext>(() => {});
const timer = () => fromCallback<SignerEvent, { at: number }>(() => {});

/** What each guard asks, for those who look at the machine. */
export const signerGuards = {
  isPermanentOfServed: 'Nothing helps, and the key has signed already.',
  isPermanent: 'Nothing helps against what went wrong.',
  needsNewQuote: 'A new quote may help.',
  isInWindow: 'Its signatures can still be verified.',
  wasActive: 'It has signed.',
};

export const signerSetup = setup({
  types: {
    context: {} as SignerContext,
    events: {} as SignerEvent,
    input: {} as SignerStart,
    tags: {} as 'open' | 'terminal',
  },
  actors: {
    holdKey: effect(),
    makeKey: effect(),
    quote: effect(),
    send: effect(),
    confirm: effect(),
    watch: effect(),
    drain: effect(),
    outlive: effect(),
    backOff: timer(),
  },
  guards: {
    isPermanentOfServed: ({ context }, fault: SignerFault) => fault.helps === 'nothing' && context.activeAt !== null,
    isPermanent: (_, fault: SignerFault) => fault.helps === 'nothing',
    needsNewQuote: (_, fault: SignerFault) => fault.helps === 'new-quote',
    isInWindow: (_, inWindow: boolean) => inWindow,
    wasActive: ({ context }) => context.activeAt !== null,
  },
  actions: {
    recordKey: assign({
      address: (_, { address }: { address: Address; publicKey: string }) => address,
      publicKey: (_, { publicKey }) => publicKey,
    }),
    recordQuote: assign({ quote: (_, quote: QuoteFacts) => quote, lastFault: null }),
    recordTransaction: assign({
      transactions: ({ context }, sent: SentTransaction) => [...context.transactions, sent].slice(-mostTransactions),
      lastFault: null,
    }),
    recordRegistration: assign({
      registration: (_, { registration }: { registration: Registration; at: number }) => registration,
      activeAt: ({ context }, { at }) => context.activeAt ?? at,
      transactions: [],
      faults: 0,
      lastFault: null,
    }),
    forgetRegistration: assign({ registration: null, transactions: [] }),
    recordFault: assign({
      faults: ({ context }) => context.faults + 1,
      lastFault: (_, { fault }: { fault: SignerFault; at: number }) => fault,
      retryAt: ({ context }, { at }) => at + pauseOf(context.faults + 1),
    }),
    recordEnd: assign({ lastFault: (_, { fault }: { fault: SignerFault }) => fault, retryAt: null }),
    recordLoss: assign({ lastFault: restart, retryAt: null }),
  },
});

/** Of a signer that nothing has happened to yet. */
export const freshSigner = (start: SignerStart): SignerContext => ({
  start,
  address: null,
  publicKey: null,
  quote: null,
  transactions: [],
  registration: null,
  activeAt: null,
  faults: 0,
  lastFault: null,
  retryAt: null,
});
