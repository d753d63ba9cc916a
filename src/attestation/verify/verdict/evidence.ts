// What a verdict is made from, besides the quote: everything that a target has shown, and what its client has seen for itself.
import type { Binding } from '../reportData.js';

export type TargetKind = 'sealed-prover' | 'ingress' | 'quote';

export interface Target {
  readonly kind: TargetKind;
  readonly url?: string;
  /** Hex, as seen on the connection. */
  readonly tlsSpkiSha256?: string;
  /** Hex. */
  readonly nonce?: string;
}

export interface Evidence {
  readonly target: Target;
  readonly binding?: {
    /** What must have been quoted: the client's nonce, the key that it sees on its connection, the key for bodies that it will use. */
    readonly own: Omit<Binding, 'statement'>;
    /** What the answer says was quoted: only to tell which part is wrong. */
    readonly hint?: Binding;
    /** Bodies are sealed to the quoted key, so that TLS may end at a key that is not. */
    readonly isSealed?: boolean;
    /** Nonce and key were kept from an earlier visit: the verdict says so. */
    readonly isSaved?: boolean;
  };
  /** Exact bytes: their digest is part of what must have been quoted. */
  readonly statement?: Uint8Array;
  /** JSON text. */
  readonly eventLog?: string;
  /** Raw text of app-compose.json. */
  readonly appCompose?: string;
}
