// The port to whoever makes a key known: a registry on a chain, its operator, or nobody but the quote itself.
import type { Address } from '../../ids.js';
import type { Place, ReferenceBlock, Registration, SentTransaction, SignerFault } from '../../machines/signer/rules.js';

/** What a registration is made of. */
export interface Claim {
  readonly address: Address;
  readonly reference: ReferenceBlock;
  readonly quote: Uint8Array;
  /** QuoteCollateralV3, of the development provider only. */
  readonly collateral?: Readonly<Record<string, string>> | undefined;
}

export type SendOutcome =
  | { readonly kind: 'sent'; readonly transaction: SentTransaction }
  /** Somebody else sends it. */
  | { readonly kind: 'handed-over' }
  /** The registry refuses it, and nothing was spent. */
  | { readonly kind: 'reverted'; readonly fault: SignerFault }
  | { readonly kind: 'window-passed' };

export type ConfirmOutcome =
  | { readonly kind: 'confirmed'; readonly registration: Registration }
  | { readonly kind: 'reverted'; readonly fault: SignerFault }
  | { readonly kind: 'nonce-taken' }
  | { readonly kind: 'window-passed' };

export interface RegistrationCall {
  readonly chainId: number;
  readonly to: Address;
  /** Hex. */
  readonly data: string;
}

export type Standing = 'registered' | 'gone' | 'revoked';

export interface Registrar {
  readonly place: Place;
  /** Unix seconds by the clock that registrations live by. It goes on while nothing is heard of the chain. */
  now(): number;
  /** Called when `now` has jumped. Returns the unsubscribe function. */
  onTime(listener: () => void): () => void;
  /** A recent block for the quote. Rejects with a RegistrarError. */
  reference(signal: AbortSignal): Promise<ReferenceBlock>;
  /** 64 bytes: what a quote for this key is over. */
  reportData(address: Address, reference: ReferenceBlock): Uint8Array;
  /** Whether a registry would still take this block. */
  isInWindow(reference: ReferenceBlock): boolean;
  /** `earlier`: those of the same key that may still be mined. Rejects with a RegistrarError. */
  send(claim: Claim, earlier: readonly SentTransaction[], signal: AbortSignal): Promise<SendOutcome>;
  /** Resolves when it is decided. Rejects with a RegistrarError for what nobody has thought of only. */
  confirm(
    claim: Claim,
    sent: readonly SentTransaction[],
    onReplaced: (transaction: SentTransaction) => void,
    signal: AbortSignal,
  ): Promise<ConfirmOutcome>;
  /** What the operator is to send, and where to. Undefined where this registrar sends itself. */
  call(claim: Claim): RegistrationCall | undefined;
  /** Where the operator sends: what they choose and have done. */
  readonly byHand?: {
    /** The next quote is to be over this block. Rejects with a RegistrarError for one that no registry would take. */
    chooseReference(reference: ReferenceBlock): Promise<void>;
    /** This transaction was sent (hex). */
    noteTransaction(hash: string): void;
    /** One is noted of the registration that waits now. */
    isNoted(): boolean;
  };
  /** Of the account that pays, in wei; undefined where there is none, or nothing was heard. */
  balance(): Promise<bigint | undefined>;
  /** Asked again and again while the key signs. Rejects when nothing can be heard of the chain, which says nothing about the key. */
  standing(claim: Pick<Claim, 'address'>, signal: AbortSignal): Promise<Standing>;
  close(): void;
}

export class RegistrarError extends Error {
  override readonly name = 'RegistrarError';
  constructor(
    readonly fault: SignerFault,
    options?: ErrorOptions,
  ) {
    super(fault.detail, options);
  }
}
