// What attestation adds to the head of answers: a fresh report for each request that brings a nonce, refusals included, and where it is so
// configured a cached one for all others.
import type { Annotate } from '../../transport/annotate.js';
import type { Reports } from '../reports/reports.js';
import { nonceHeader, parseNonce } from './nonce.js';
import { tlsKeyOf } from './tlsKeyOf.js';

export interface AnnotationParameters {
  readonly reports: Reports;
  readonly mode: 'on-request' | 'always';
}

/** A client that has sent a nonce gets a report over it, or NONCE_MALFORMED, QUOTE_BUSY, QUOTE_UNAVAILABLE before anything is done. */
export const reportAnnotations =
  ({ reports, mode }: AnnotationParameters): Annotate =>
  (headers, connection) => {
    const nonce = headers[nonceHeader];
    const tlsKey = tlsKeyOf(connection);
    if (nonce !== undefined) return reports.fresh(parseNonce(nonce), tlsKey).then((report) => report.headers);
    if (mode === 'on-request') return {};
    // It was not asked for: where none can be had, the answer goes without.
    return reports.cached(tlsKey).then(
      (report) => report.headers,
      () => ({}),
    );
  };
