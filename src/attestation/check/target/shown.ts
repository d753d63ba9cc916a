// What a target has shown, as it came: nothing of it is believed before it has been checked.
import type { Check } from '../../verify/verdict/checks.js';
import type { Evidence } from '../../verify/verdict/evidence.js';

export interface Shown {
  /** Empty when there was none; a check in `checks` says why. */
  readonly quote: Uint8Array | undefined;
  readonly evidence: Evidence;
  /** A QuoteCollateralV3 as JSON text, where the target brought one. */
  readonly collateral?: string | undefined;
  /** The set of dstack-ingress, where that is what was shown. */
  readonly files?: EvidenceFiles | undefined;
  /** PEM of the leaf that TLS showed. */
  readonly certificate?: string | undefined;
  /** What was refused while it was fetched or read. */
  readonly checks?: readonly Check[];
  /** As it came, by file name: what `--save` writes. */
  readonly raw: ReadonlyMap<string, Uint8Array>;
}

/** By name. */
export interface EvidenceFiles {
  readonly manifest: Uint8Array;
  readonly listed: ReadonlyMap<string, Uint8Array>;
}
