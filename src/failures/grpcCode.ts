// Failure → gRPC code. Choosing the code is choosing what the SDK does next (sp1-sdk network/retry.rs): it tries again after
// unavailable, aborted and internal, and the others end the user's call.
// Failures that end a request and not a call are internal here: no call should ever be answered with one.
import type { Failure, FailureCode } from './catalog.js';

/** The names of the codes, as in transport/grpc/code.ts, which has their numbers. */
export type GrpcCodeName =
  | 'invalidArgument'
  | 'notFound'
  | 'permissionDenied'
  | 'resourceExhausted'
  | 'failedPrecondition'
  | 'aborted'
  | 'internal'
  | 'unavailable'
  | 'unauthenticated';

export const grpcCodes: Readonly<Record<FailureCode, GrpcCodeName>> = {
  MALFORMED_REQUEST: 'invalidArgument',
  TLS_REQUIRED: 'failedPrecondition',
  PUBLIC_URL_NEEDED: 'failedPrecondition',
  BODY_MALFORMED: 'invalidArgument',
  BODY_TRUNCATED: 'invalidArgument',
  // Over HTTP it is 422, which is what a client that seals looks at.
  BODY_KEY_UNKNOWN: 'failedPrecondition',
  BODY_NOT_SEALED: 'failedPrecondition',
  RESPONSE_NOT_SEALED: 'failedPrecondition',

  SIGNATURE_INVALID: 'unauthenticated',
  REQUESTER_NOT_ALLOWED: 'permissionDenied',
  // Final, so that the user reads it at once. Never notFound: to GetProgram that means "register it".
  TOKEN_MISSING: 'unauthenticated',
  TOKEN_UNKNOWN: 'unauthenticated',
  // One final answer to one poll would end a wait of hours; the SDK reads its token anew in each retry.
  TOKEN_REPLACED: 'unavailable',
  CERTIFICATE_MISSING: 'unauthenticated',
  // The SDK fetches a fresh nonce in its retry.
  NONCE_STALE: 'aborted',

  NONCE_MALFORMED: 'invalidArgument',
  QUOTE_UNAVAILABLE: 'unavailable',
  QUOTE_BUSY: 'unavailable',
  // Final: neither passes by waiting, and the user ought to read it at once.
  ATTESTATION_REFUSED: 'failedPrecondition',
  ARTIFACT_URL_ELSEWHERE: 'failedPrecondition',

  PROGRAM_NOT_FOUND: 'notFound',
  // Final: programs stay for good, so that waiting does not help.
  PROGRAMS_FULL: 'resourceExhausted',
  VK_HASH_MISMATCH: 'invalidArgument',
  PROGRAM_NOT_SIGNED_FOR: 'failedPrecondition',
  CIRCUIT_VERSION_UNSUPPORTED: 'failedPrecondition',
  VK_UNSUPPORTED: 'failedPrecondition',
  ELF_CLASS_MISMATCH: 'invalidArgument',
  VERIFICATION_KEY_MISMATCH: 'internal',

  ARTIFACT_NOT_FOUND: 'failedPrecondition',
  ARTIFACT_FORBIDDEN: 'internal',
  ARTIFACT_NOT_OWNED: 'permissionDenied',
  ARTIFACT_NOT_UPLOADED: 'failedPrecondition',
  // What a client has put into a bucket is read when a call names it.
  ARTIFACT_TOO_LARGE: 'invalidArgument',
  ARTIFACT_MALFORMED: 'invalidArgument',
  ARTIFACT_CONFLICT: 'invalidArgument',
  ARTIFACT_INCOMPLETE: 'unavailable',
  ARTIFACT_CORRUPT: 'internal',
  UPLOADS_BUSY: 'unavailable',
  UPLOAD_SPACE_FULL: 'unavailable',
  BUCKET_UNAVAILABLE: 'unavailable',

  UPSTREAM_UNAVAILABLE: 'unavailable',
  FLAVOUR_UNSUPPORTED: 'failedPrecondition',
  STRATEGY_UNSUPPORTED: 'failedPrecondition',
  DEADLINE_TOO_NEAR: 'invalidArgument',
  RESERVED_ELSEWHERE: 'failedPrecondition',
  ASSIGNED_ELSEWHERE: 'permissionDenied',
  PROVER_KEY: 'permissionDenied',
  PROGRAM_STORE_REFUSED: 'failedPrecondition',

  REQUEST_NOT_FOUND: 'notFound',
  REQUEST_NOT_OWNED: 'permissionDenied',
  REQUEST_ENDED: 'failedPrecondition',
  REQUEST_CONFLICT: 'invalidArgument',
  MODE_UNAVAILABLE: 'failedPrecondition',
  DEADLINE_PASSED: 'invalidArgument',
  QUEUE_FULL: 'unavailable',
  REQUESTER_QUEUE_FULL: 'unavailable',
  POISONOUS: 'internal',
  ATTEMPTS_EXHAUSTED: 'internal',
  CANCELLED: 'internal',

  GUEST_FAILED: 'internal',
  NETWORK_GAVE_UP: 'internal',
  PROVED_ELSEWHERE: 'internal',
  PUBLIC_VALUES_MISMATCH: 'internal',
  SIMULATION_DIFFERS: 'internal',
  PUBLIC_VALUES_TOO_LARGE: 'internal',

  STAGE_UNAVAILABLE: 'unavailable',
  ENGINE_LOST: 'internal',
  ENGINE_REFUSED: 'internal',
  CIRCUITS_MISSING: 'internal',
  OUT_OF_MEMORY: 'internal',
  PROOF_INVALID: 'internal',

  // A relay's own answers are these two codes: one is tried again, and the other is not.
  UPSTREAM_UNREACHABLE: 'unavailable',
  UPSTREAM_BROKEN: 'unavailable',
  RELAY_BUSY: 'unavailable',
  RELAY_DEADLINE: 'unavailable',
  RELAY_LOOP: 'resourceExhausted',
  BODY_TOO_LARGE: 'resourceExhausted',

  STARTING: 'unavailable',
  DRAINING: 'unavailable',
  PAUSED: 'unavailable',
  DISK_FULL: 'unavailable',
  ABORTED: 'unavailable',
  // The SDK tries again for up to two minutes, which is right for a bug that may be gone after a restart.
  INTERNAL: 'internal',

  NOT_UNDERSTOOD: 'invalidArgument',
  REQUEST_UNKNOWN: 'notFound',
  SIGNER_UNKNOWN: 'notFound',
  DELIVERY_UNKNOWN: 'notFound',
  AMBIGUOUS_ID: 'invalidArgument',
  PROGRAM_UNKNOWN: 'notFound',
  PROGRAM_IN_USE: 'failedPrecondition',
  LANE_UNKNOWN: 'notFound',
  TOKEN_EXPIRED: 'invalidArgument',
  CURSOR_AHEAD: 'invalidArgument',
  FOLDER_UNUSABLE: 'failedPrecondition',
  WATCHERS_FULL: 'resourceExhausted',
  OPERATOR_UNKNOWN: 'unauthenticated',
  NOT_ALLOWED: 'permissionDenied',
  HOST_UNKNOWN: 'permissionDenied',
  CROSS_SITE: 'permissionDenied',
  CALLS_TOO_MANY: 'resourceExhausted',
  // To operators these two mean: look again.
  STALE_VIEW: 'aborted',
  COUNT_DIFFERS: 'aborted',
  NOTHING_TO_DO: 'failedPrecondition',
  INPUT_GONE: 'failedPrecondition',
  LAST_LANE: 'failedPrecondition',
  LANE_NOT_READY: 'failedPrecondition',
  LANE_KEEPS_NONE: 'failedPrecondition',
  PROGRAM_UNCERTAIN: 'failedPrecondition',
  OPERATION_REUSED: 'failedPrecondition',

  // Final for a worker: it ends and says why.
  WORKER_MISMATCHED: 'failedPrecondition',
  WORKER_REPLACED: 'failedPrecondition',
  // It registers again.
  WORKER_UNKNOWN: 'notFound',
  WORKER_NAME_TAKEN: 'unavailable',
  LEASE_LOST: 'aborted',
};

export const grpcCodeOf = (failure: Failure): GrpcCodeName => grpcCodes[failure.code];
