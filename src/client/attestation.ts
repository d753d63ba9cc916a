// What a client is told of attestation. Types alone: the verifier is loaded by clients that are asked for it.
import type { Mode } from '../attestation/attested/modes.js';

export interface ClientAttestation {
  /**
   * `require` sends nothing before the service has shown what it is, and that it is what the policy names. `if-present` does so where
   * a service shows something, and `observe` only looks. An endpoint that was seen attested is held to it in these two as well.
   */
  readonly mode: Mode;
  /** JSON text of a policy. Without one a genuine VM at the end of the connection is enough, whatever runs in it. */
  readonly policy?: string;
  /**
   * Seals bodies to the quoted key, for services behind something that ends TLS. It sees paths, sizes and tokens, and no body. Needs the
   * mode `require`.
   */
  readonly sealedBodies?: boolean;
  /** Where it is kept which endpoints were seen attested, their generations, and collateral. Without it this client alone knows. */
  readonly folder?: string;
  /** A root certificate, PEM or DER, that is believed instead of Intel's: proves nothing. */
  readonly insecureDevRoot?: string | Uint8Array;
}
