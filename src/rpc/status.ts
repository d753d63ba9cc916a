// Failure → gRPC status. Choosing the code is choosing what the SDK does next (sp1-sdk network/retry.rs): UNAVAILABLE and ABORTED
// are tried again, the others end the user's call. Nothing else in this service touches a gRPC status.
import { status } from '@grpc/grpc-js';
import type { Failure, FailureCode } from '../errors.js';
import { sentenceOf } from '../sentences.js';

const statusOf: Partial<Record<FailureCode, status>> = {
  MALFORMED_REQUEST: status.INVALID_ARGUMENT,
  SIGNATURE_INVALID: status.UNAUTHENTICATED,
  // The SDK fetches a fresh nonce in its retry.
  NONCE_STALE: status.ABORTED,
  PROGRAM_NOT_FOUND: status.NOT_FOUND,
  VK_HASH_MISMATCH: status.INVALID_ARGUMENT,
  REQUEST_NOT_FOUND: status.NOT_FOUND,
  ARTIFACT_NOT_FOUND: status.FAILED_PRECONDITION,
  ARTIFACT_NOT_OWNED: status.PERMISSION_DENIED,
  ARTIFACT_NOT_UPLOADED: status.FAILED_PRECONDITION,
  REQUEST_CONFLICT: status.INVALID_ARGUMENT,
  MODE_UNAVAILABLE: status.FAILED_PRECONDITION,
  CIRCUIT_VERSION_UNSUPPORTED: status.FAILED_PRECONDITION,
  DEADLINE_PASSED: status.INVALID_ARGUMENT,
  QUEUE_FULL: status.UNAVAILABLE,
  STARTING: status.UNAVAILABLE,
  DRAINING: status.UNAVAILABLE,
  DISK_FULL: status.UNAVAILABLE,
  ABORTED: status.UNAVAILABLE,
};

/** INTERNAL is retried by the SDK for up to two minutes, which is right for a bug that may be gone after a restart. */
export const grpcStatusOf = (failure: Failure): { code: status; details: string } => ({
  code: statusOf[failure.code] ?? status.INTERNAL,
  details: sentenceOf(failure),
});
