// What every answer to a gRPC call must be, however bad the call was.
import assert from 'node:assert/strict';
import { assertNothingInternal } from '../../src/testkit/service/serviceCalls.js';
import { code } from '../../src/transport/grpc/code.js';
import type { Answer } from './http2Call.js';

/** `main.ts` reads no longer messages. */
export const maxCallBytes = 16 * 1024;

/** As the codes are named here, for people. */
export const nameOf = (number: number): string =>
  Object.entries(code).find(([, each]) => each === number)?.[0] ?? `code ${number}`;

/** What a caller may be told about a call that reached its method, for what was in it. All of them are final to the SDK but one. */
const forContents: readonly number[] = [
  code.ok,
  code.invalidArgument,
  code.notFound,
  code.permissionDenied,
  code.failedPrecondition,
  code.unauthenticated,
];

/**
 * Asserts that there is a status, that it is one of those for bad contents or of `also`, and that it says nothing internal. Answers
 * the status. ABORTED tells the SDK to fetch a nonce and try again, so nothing but a nonce may cause it; the other retryable ones
 * are for what may pass, and contents do not.
 */
export function judge(answer: Answer, also: readonly number[] = []): number {
  const { grpcMessage, status, resetCode } = answer;
  const grpcStatus = answer.isCut ? code.ok : answer.grpcStatus;
  assert.ok(grpcStatus !== undefined, `no grpc-status (HTTP ${status}, reset with ${resetCode})`);
  assertNothingInternal(grpcMessage);
  assert.ok(grpcMessage.length < 1_000, `a message of ${grpcMessage.length} characters`);
  if (grpcStatus === code.aborted) assert.match(grpcMessage, /^Invalid nonce \d{1,20}:/);
  else assert.ok([...forContents, ...also].includes(grpcStatus), `${nameOf(grpcStatus)}: ${grpcMessage}`);
  if (grpcStatus !== code.ok) assert.ok(grpcMessage.length > 0, `${nameOf(grpcStatus)} without a word`);
  return grpcStatus;
}
