// A bare quote, with nothing around it.
import { refusedCheck } from '../refusedCheck.js';
import { readQuote } from './readQuote.js';
import type { Shown } from './shown.js';

/** `bytes`: of a file, in any of the forms of `readQuote`. */
export function shownQuote(bytes: Uint8Array): Shown {
  const raw = new Map([['quote', bytes]]);
  try {
    const { quote, eventLog } = readQuote(bytes);
    return { quote, evidence: { target: { kind: 'quote' }, ...(eventLog !== undefined && { eventLog }) }, raw };
  } catch (error) {
    return {
      quote: undefined,
      evidence: { target: { kind: 'quote' } },
      checks: [refusedCheck(error, 'quote.format')],
      raw,
    };
  }
}
