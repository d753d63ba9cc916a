// A quote from a file, in the forms in which quotes are handed on: raw, hex, base64, or the agent's answer.
import { fromBase64 } from '../../verify/base64.js';
import { fromHex, textOfBytes } from '../../verify/bytes.js';
import { refuse } from '../../verify/failure.js';
import { parseQuoteAnswer, type QuoteAnswer } from './quoteAnswer.js';

/** An answer with its event log. */
export const mostQuoteFileBytes = 2 * 1_048_576;

/** QUOTE_MALFORMED for a text that is none of these forms, EVIDENCE_MALFORMED for an answer that cannot be read. */
export function readQuote(bytes: Uint8Array): QuoteAnswer {
  const text = /^[\t\n\r -~]/.test(String.fromCharCode(bytes[0] ?? 0)) ? textOfBytes(bytes)?.trim() : undefined;
  if (text === undefined) return { quote: bytes, eventLog: undefined };
  if (text.startsWith('{')) return parseQuoteAnswer(text);
  const digits = text.replace(/^0x/, '');
  // Hex in the other case is a base64 of something else.
  const quote = /^[0-9a-fA-F]*$/.test(digits) ? fromHex(digits) : fromBase64(text);
  if (quote === undefined || quote.byteLength === 0)
    return refuse(
      'QUOTE_MALFORMED',
      'The file is text, and neither lower-case hex, nor base64, nor the JSON of an agent.',
    );
  return { quote, eventLog: undefined };
}
