// A quote with what it was made for, and the two forms in which it leaves the service: header lines, and the whole evidence as JSON.
import { gzipSync } from 'node:zlib';
import type { CheckedQuote } from '../providers/checkedQuote.js';
import { toHex } from '../verify/bytes.js';
import type { Binding } from '../verify/reportData.js';

export interface Report {
  readonly quote: CheckedQuote;
  /** What the quote is over. */
  readonly binding: Binding;
  /** The exact bytes whose digest is in the binding. */
  readonly statement: Uint8Array;
}

export const reportHeader = 'attestation-report';
export const bindingHeader = 'attestation-binding';

/** Common proxies take 8 KB of headers; a report has 3.6. A longer one is left out and found in the evidence. */
const mostHeaderCharacters = 12_288;

export interface ReportHeaders {
  readonly headers: Readonly<Record<string, string>>;
  /** The report was too long to be among them. */
  readonly isCut: boolean;
}

/** The report is nothing but a quote; the binding is a hint, because a client makes it of its own nonce and of the key that it sees. */
export function reportHeaders({ quote, binding }: Report): ReportHeaders {
  const text = gzipSync(quote.quote).toString('base64');
  const isCut = text.length >= mostHeaderCharacters;
  const parts = [
    'v=1',
    ...(['spki', 'body', 'nonce', 'statement'] as const).map((part) => `${part}=${hexOf(binding[part])}`),
  ];
  return { headers: { ...(!isCut && { [reportHeader]: text }), [bindingHeader]: parts.join('; ') }, isCut };
}

const hexOf = (part: Uint8Array | undefined): string => (part === undefined ? '-' : toHex(part));

/** JSON text. What is hashed is in it as base64, or as the text that was measured, and is never written anew. */
export function evidenceJson({ quote, binding, statement }: Report): string {
  const hex = (part: Uint8Array | undefined) => (part === undefined ? null : toHex(part));
  return JSON.stringify({
    version: 1,
    platform: 'tdx',
    nonce: hex(binding.nonce),
    quote: Buffer.from(quote.quote).toString('base64'),
    keys: { tls_spki_sha256: hex(binding.spki), body_x25519: hex(binding.body) },
    statement: Buffer.from(statement).toString('base64'),
    event_log: quote.eventLog ?? null,
    vm_config: quote.vmConfig ?? null,
    app_compose: quote.appCompose ?? null,
    collateral: quote.collateral ?? null,
  });
}
