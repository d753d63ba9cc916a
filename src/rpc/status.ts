// Failure → gRPC status. Choosing the code is choosing what the SDK does next (sp1-sdk network/retry.rs): UNAVAILABLE and ABORTED
// are tried again, the others end the user's call. Nothing else in this service touches a gRPC status.
import type { Failure, FailureCode } from '../errors.js';
import { sentenceOf } from '../sentences.js';
import { type Code, code, type Status } from './grpc/code.js';

const statusOf: Partial<Record<FailureCode, Code>> = {
  MALFORMED_REQUEST: code.invalidArgument,
  TLS_REQUIRED: code.failedPrecondition,
  SIGNATURE_INVALID: code.unauthenticated,
  REQUESTER_NOT_ALLOWED: code.permissionDenied,
  // Final, so that the user reads it at once. Never NOT_FOUND: to GetProgram that means "register it".
  TOKEN_MISSING: code.unauthenticated,
  TOKEN_UNKNOWN: code.unauthenticated,
  CERTIFICATE_MISSING: code.unauthenticated,
  // One final answer to one poll would end a wait of hours; the SDK reads its token anew in each retry.
  TOKEN_REPLACED: code.unavailable,
  // The SDK fetches a fresh nonce in its retry.
  NONCE_STALE: code.aborted,
  PROGRAM_NOT_FOUND: code.notFound,
  // Final: programs stay for good, so that waiting does not help.
  PROGRAMS_FULL: code.resourceExhausted,
  VK_HASH_MISMATCH: code.invalidArgument,
  REQUEST_NOT_FOUND: code.notFound,
  REQUEST_NOT_OWNED: code.permissionDenied,
  REQUEST_ENDED: code.failedPrecondition,
  ARTIFACT_NOT_FOUND: code.failedPrecondition,
  ARTIFACT_NOT_OWNED: code.permissionDenied,
  ARTIFACT_NOT_UPLOADED: code.failedPrecondition,
  // What a client has put into a bucket is read when a call names it.
  ARTIFACT_TOO_LARGE: code.invalidArgument,
  ARTIFACT_MALFORMED: code.invalidArgument,
  ARTIFACT_CONFLICT: code.invalidArgument,
  ARTIFACT_INCOMPLETE: code.unavailable,
  REQUEST_CONFLICT: code.invalidArgument,
  ELF_CLASS_MISMATCH: code.invalidArgument,
  MODE_UNAVAILABLE: code.failedPrecondition,
  CIRCUIT_VERSION_UNSUPPORTED: code.failedPrecondition,
  VK_UNSUPPORTED: code.failedPrecondition,
  DEADLINE_PASSED: code.invalidArgument,
  QUEUE_FULL: code.unavailable,
  REQUESTER_QUEUE_FULL: code.unavailable,
  UPLOADS_BUSY: code.unavailable,
  UPLOAD_SPACE_FULL: code.unavailable,
  STARTING: code.unavailable,
  DRAINING: code.unavailable,
  DISK_FULL: code.unavailable,
  BUCKET_UNAVAILABLE: code.unavailable,
  ABORTED: code.unavailable,
};

/** INTERNAL is retried by the SDK for up to two minutes, which is right for a bug that may be gone after a restart. */
export const grpcStatusOf = (failure: Failure): Status => ({
  code: statusOf[failure.code] ?? code.internal,
  details: sentenceOf(failure),
});
