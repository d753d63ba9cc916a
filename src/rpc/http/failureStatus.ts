// Failure → HTTP status and body. Choosing the status is choosing what the SDK does next (sp1-sdk network/retry.rs): it sends an
// upload again after 408 and 504 only, so back-pressure and our own faults must never be 429, 500 or 503.
import type { Failure, FailureCode } from '../../errors.js';
import { sentenceOf } from '../../sentences.js';

const statusOf: Partial<Record<FailureCode, number>> = {
  MALFORMED_REQUEST: 400,
  TLS_REQUIRED: 403,
  TOKEN_MISSING: 403,
  TOKEN_UNKNOWN: 403,
  CERTIFICATE_MISSING: 403,
  ARTIFACT_FORBIDDEN: 403,
  REQUEST_NOT_FOUND: 404,
  ARTIFACT_NOT_FOUND: 404,
  ARTIFACT_INCOMPLETE: 408,
  ARTIFACT_CONFLICT: 409,
  ARTIFACT_TOO_LARGE: 413,
  ARTIFACT_MALFORMED: 422,
  // A download of damaged bytes does not get better by asking again.
  ARTIFACT_CORRUPT: 500,
};

/** 504 for whatever passes by itself: a stop, a full disk, uploads that wait, room that comes back as requests end. */
export const httpStatusOf = (failure: Failure): number =>
  statusOf[failure.code] ?? (failure.retry === 'permanent' ? 400 : 504);

/** Holds the code and one sentence of what to do; nothing of our insides. */
export const errorBody = (failure: Failure) => ({ error: { code: failure.code, message: sentenceOf(failure) } });
