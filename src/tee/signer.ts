// The keys that sign TEE proofs, as the rest of the service sees them. Who makes, registers and retires them stands behind this port.
import type { Address } from '../ids.js';

/** A key of this process, without its secret. */
export interface SigningKey {
  /** 20 bytes in hex, without 0x. */
  readonly address: Address;
  /** Nothing but this process vouches for it: it is for development, and every answer that it signed says so. */
  readonly isSimulated: boolean;
  /** Where contracts find it. Absent while there is none, and for keys whose clients verify the quote themselves. */
  readonly registration?: {
    readonly chainId: number;
    /** 20 bytes in hex, without 0x. */
    readonly registry: Address;
    /** Unix seconds, by the chain's clock. */
    readonly expiresAt: number;
  };
}

export interface ActiveKey extends SigningKey {
  /** `digest`: 32 bytes. Answers r ‖ s ‖ v, 65 bytes: s low, v 27 or 28, the nonce by RFC 6979. Synchronous, so nothing is ever half signed. */
  sign(digest: Uint8Array): Uint8Array;
}

export interface Signer {
  /** The one key that signs now, or why there is none: a sentence for people. Asked anew for each signature, and never kept. */
  active(): ActiveKey | { readonly waiting: string };
  /** Every key that may have signed in this process, the active one included. */
  keys(): readonly SigningKey[];
  /** Called when `active` or `keys` would answer otherwise. Returns the unsubscribe function. */
  onChange(listener: () => void): () => void;
}
