// Failures in JSON as the Connect protocol has them (connectrpc.com/docs/protocol, "Error codes" and "Error end-stream"): a code in words,
// an HTTP status that follows from it, and our own failure as a detail.
import type { Failure } from '../../failures/catalog.js';
import { type GrpcCodeName, grpcCodeOf } from '../../failures/grpcCode.js';
import { sentenceOf } from '../../failures/sentenceOf.js';

const statuses: Readonly<Record<GrpcCodeName, number>> = {
  invalidArgument: 400,
  notFound: 404,
  permissionDenied: 403,
  resourceExhausted: 429,
  failedPrecondition: 400,
  aborted: 409,
  internal: 500,
  unavailable: 503,
  unauthenticated: 401,
};

/** `invalidArgument` → `invalid_argument`. */
const named = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export interface ConnectError {
  readonly status: number;
  readonly body: {
    readonly code: string;
    readonly message: string;
    /** The data of the failure, by its own names. Absent where the call did not come so far. */
    readonly details?: readonly [{ readonly type: string; readonly debug: { readonly code: string } }];
  };
}

export function connectErrorOf(failure: Failure): ConnectError {
  const code = grpcCodeOf(failure);
  const { retry: _, ...facts } = failure;
  const body = { code: named(code), message: sentenceOf(failure) };
  // Misdirected (RFC 9110, section 15.5.20): no code of gRPC says so.
  const status = failure.code === 'HOST_UNKNOWN' ? 421 : statuses[code];
  return { status, body: { ...body, details: [{ type: 'sealed.admin.v1.Problem', debug: facts }] } };
}
