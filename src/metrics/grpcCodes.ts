// The codes of gRPC as labels.

/** By number (grpc.io, "Status codes and their use"); 1 is a client that went away before it was answered. */
export const grpcCodes = [
  'ok',
  'cancelled',
  'unknown',
  'invalidArgument',
  'deadlineExceeded',
  'notFound',
  'alreadyExists',
  'permissionDenied',
  'resourceExhausted',
  'failedPrecondition',
  'aborted',
  'outOfRange',
  'unimplemented',
  'internal',
  'unavailable',
  'dataLoss',
  'unauthenticated',
] as const;
