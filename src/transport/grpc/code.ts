// The status codes of gRPC that this service answers with (grpc.io, "Status codes and their use").

export const code = {
  ok: 0,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

export type Code = (typeof code)[keyof typeof code];

/** How a call ended without an answer. */
export interface Status {
  readonly code: Code;
  /** One sentence for the caller. */
  readonly details: string;
}

/** Thrown where the protocol itself is not kept, so that no Failure of this service fits. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  constructor(readonly status: Status) {
    super(status.details);
  }
}
