// Refusals as application/problem+json (RFC 9457): for clients that look at the code before they can read a sealed answer.
import type { Failure } from '../../failures/catalog.js';
import { httpStatusOf } from '../../failures/httpStatus.js';
import { sentenceOf } from '../../failures/sentenceOf.js';

/** Of an answer, whatever the protocol. */
export function problemOf(failure: Failure) {
  const status = httpStatusOf(failure);
  const { code } = failure;
  const body = Buffer.from(`${JSON.stringify({ title: code, status, code, detail: sentenceOf(failure) })}\n`);
  const headers = {
    'content-type': 'application/problem+json',
    'content-length': body.byteLength,
    'cache-control': 'no-store',
  };
  return { status, headers, body };
}
