// What a signing key looks like from outside: a pure function of its snapshot, a union by state.
import type { Address } from '../../ids.js';
import { pathOfState } from '../pathOfState.js';
import type { QuoteFacts, Registration, SentTransaction, SignerContext, SignerFault, SignerStart } from './rules.js';

interface Common {
  readonly start: SignerStart;
  /** Number of transitions so far. */
  readonly seq: number;
  /** Epoch ms of the last transition. */
  readonly updatedAt: number;
  readonly elapsedMs: number;
  /** Since it was registered last. */
  readonly faults: number;
  readonly lastFault: SignerFault | null;
  /** Epoch ms from which on it has signed. */
  readonly activeAt: number | null;
}

interface Known {
  readonly address: Address;
  readonly publicKey: string;
}

interface Registered extends Known {
  readonly quote: QuoteFacts;
  readonly registration: Registration;
}

export type SignerView = Common &
  (
    | { readonly state: 'generating' }
    | ({ readonly state: 'quoting'; readonly phase: 'running' | 'waiting' } & Known)
    | ({
        readonly state: 'registering';
        readonly phase: 'sending' | 'confirming' | 'backingOff';
        readonly quote: QuoteFacts;
        readonly transactions: readonly SentTransaction[];
      } & Known)
    | ({ readonly state: 'active' } & Registered)
    | ({ readonly state: 'overlapping' } & Registered)
    | ({ readonly state: 'lapsed' } & Registered)
    | ({
        readonly state: 'retired';
        readonly quote: QuoteFacts | null;
        readonly registration: Registration | null;
      } & Known)
    | { readonly state: 'abandoned'; readonly address: Address | null; readonly fault: SignerFault }
  );

/** The key that signs. */
export type ActiveSigner = Extract<SignerView, { state: 'active' }>;
export const hasEnded = ({ state }: SignerView): boolean => state === 'retired' || state === 'abandoned';

/** Whether it pauses before another try. */
export const canSignerRetry = (view: SignerView): boolean =>
  (view.state === 'quoting' && view.phase === 'waiting') ||
  (view.state === 'registering' && view.phase === 'backingOff');

/** A live snapshot or a persisted one: both have these two. */
export interface SignerSnapshot {
  readonly value: unknown;
  readonly context: SignerContext;
}

/** `registering.confirming`, `active`: without the wrapping state. */
export const signerPath = (value: unknown): string => pathOfState(value, ['open']);

/** Throws when the snapshot contradicts itself (an active key without a registration): that is our bug. */
export function signerViewOf(
  { value, context }: SignerSnapshot,
  { seq, at: updatedAt, elapsedMs }: { readonly seq: number; readonly at: number; readonly elapsedMs?: number },
): SignerView {
  const { start, faults, lastFault, activeAt } = context;
  const common: Common = {
    start,
    seq,
    updatedAt,
    elapsedMs: elapsedMs ?? Math.max(0, updatedAt - start.createdAt),
    faults,
    lastFault,
    activeAt,
  };
  const missing = (what: string) => new Error(`signer ${start.signerId} is ${signerPath(value)} without ${what}`);
  const known = (): Known => {
    if (context.address === null || context.publicKey === null) throw missing('a key');
    return { address: context.address, publicKey: context.publicKey };
  };
  const quote = () => {
    if (context.quote === null) throw missing('a quote');
    return context.quote;
  };
  const [state, phase] = signerPath(value).split('.');
  switch (state) {
    case 'generating':
      return { ...common, state };
    case 'quoting':
      return { ...common, ...known(), state, phase: phase as 'running' };
    case 'registering':
      return {
        ...common,
        ...known(),
        state,
        phase: phase as 'sending',
        quote: quote(),
        transactions: context.transactions,
      };
    case 'active':
    case 'overlapping':
    case 'lapsed':
      if (context.registration === null) throw missing('a registration');
      return { ...common, ...known(), state, quote: quote(), registration: context.registration };
    case 'retired':
      return { ...common, ...known(), state, quote: context.quote, registration: context.registration };
    case 'abandoned':
      if (context.lastFault === null) throw missing('a cause');
      return { ...common, state, address: context.address, fault: context.lastFault };
    default:
      throw new Error(`signer ${start.signerId} is in an unknown state ${JSON.stringify(value)}`);
  }
}
