// Which collateral a quote needs: the platform and the CA that its own chain names. Nothing of that chain has been verified yet.

import { toHex } from '../../verify/bytes.js';
import { intelNames } from '../../verify/certificates/commonName.js';
import { pckPlatformOf } from '../../verify/certificates/pckExtension.js';
import { readChain } from '../../verify/certificates/verifyChain.js';
import { parseQuote } from '../../verify/quote/parseQuote.js';

export interface Platform {
  /** 12 hex digits. */
  readonly fmspc: string;
  readonly ca: 'platform' | 'processor';
}

/** Undefined for a quote that is refused anyway. */
export function platformOf(quote: Uint8Array): Platform | undefined {
  try {
    const shape = { what: 'The PCK chain', names: [[], []], isLeafCa: false };
    const [leaf, issuer] = readChain(parseQuote(quote).signature.pckChain, shape);
    if (leaf === undefined || issuer === undefined) return undefined;
    const ca = issuer.commonName === intelNames.pckProcessorCa ? 'processor' : 'platform';
    return { fmspc: toHex(pckPlatformOf(leaf).fmspc), ca };
  } catch {
    // What is wrong with it is a check of its own.
    return undefined;
  }
}
