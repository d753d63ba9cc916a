// The header `Attestation-Report`: base64 of one gzip member that holds a raw quote, and nothing else.
import { fromBase64 } from '../base64.js';
import { refuse } from '../failure.js';
import { mostQuoteBytes } from '../quote/parseQuote.js';
import { gunzip } from './gunzip.js';
import { GzipError } from './gzipError.js';

/** A quote cut to its length makes 3,600. Node takes 16 KiB of headers in all, common proxies less. */
export const mostHeaderCharacters = 12_288;
/** Twice what a quote may have: one that is too long is told so by its own rule. */
const mostPlainBytes = 2 * mostQuoteBytes;

/** The quote's bytes, zeros behind it included; `parseQuote` says what they are. REPORT_MISSING, HEADER_TOO_LARGE, HEADER_MALFORMED, GZIP_LIMIT. */
export function decodeReport(header: string): Uint8Array {
  if (header === '') refuse('REPORT_MISSING', 'The header Attestation-Report is empty.');
  if (header.length > mostHeaderCharacters)
    refuse('HEADER_TOO_LARGE', `The header Attestation-Report has more than ${mostHeaderCharacters} characters.`);
  const gzip = fromBase64(header);
  if (gzip === undefined) refuse('HEADER_MALFORMED', 'The header Attestation-Report is not canonical base64.');
  try {
    return gunzip(gzip, mostPlainBytes);
  } catch (error) {
    if (!(error instanceof GzipError)) throw error;
    if (error.isTooLong)
      refuse('GZIP_LIMIT', `The header Attestation-Report unpacks to more than ${mostPlainBytes} bytes.`);
    return refuse('HEADER_MALFORMED', `The gzip in the header Attestation-Report: ${error.message}.`);
  }
}
