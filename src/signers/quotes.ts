// The quotes over the keys of this process, by signer, as long as those live. On disk are their digests alone: a quote without its key is
// worth nothing to a later process.
import type { SignerId } from '../ids.js';
import type { Claim } from './registrar/registrar.js';

export interface HeldQuote extends Pick<Claim, 'quote' | 'collateral'> {
  /** JSON text. */
  readonly eventLog?: string | undefined;
  /** Raw text of app-compose.json. */
  readonly appCompose?: string | undefined;
}

export interface Quotes {
  keep(signerId: SignerId, quote: HeldQuote): void;
  get(signerId: SignerId): HeldQuote | undefined;
  forget(signerId: SignerId): void;
}

export function createQuotes(): Quotes {
  const held = new Map<SignerId, HeldQuote>();
  return {
    keep: (signerId, quote) => held.set(signerId, quote),
    get: (signerId) => held.get(signerId),
    forget: (signerId) => held.delete(signerId),
  };
}
