// The registration that waits for the hand of the operator: what to send, where to, and until when.
import type { SignerId } from '../ids.js';
import type { SignerView } from '../machines/signer/view.js';
import type { HeldQuote } from './quotes.js';
import type { Registrar, RegistrationCall } from './registrar/registrar.js';

interface Keys {
  views(): readonly SignerView[];
  quoteOf(signerId: SignerId): HeldQuote | undefined;
}

export interface PendingCall extends RegistrationCall {
  readonly signerId: SignerId;
  /** Older ones are refused: send it soon after this block. */
  readonly referenceBlock: number;
  readonly referenceHash: string;
}

export function pendingRegistration(
  { views, quoteOf }: Keys,
  registrar: Pick<Registrar, 'call'>,
): PendingCall | undefined {
  for (const view of views()) {
    if (view.state !== 'registering') continue;
    const { start, address, quote } = view;
    const held = quoteOf(start.signerId);
    const call = held && registrar.call({ address, reference: quote.reference, quote: held.quote });
    const { number: referenceBlock, hash: referenceHash } = quote.reference;
    if (call !== undefined) return { ...call, signerId: start.signerId, referenceBlock, referenceHash };
  }
  return undefined;
}

/** Whose registration its operator has not said to have sent. */
export function awaitedSigner(signers: Keys, registrar: Pick<Registrar, 'call' | 'byHand'>): SignerId | undefined {
  if (registrar.byHand === undefined || registrar.byHand.isNoted()) return undefined;
  return pendingRegistration(signers, registrar)?.signerId;
}
