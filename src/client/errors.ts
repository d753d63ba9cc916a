// Every way a call of the client can fail. Code and data, a closed union; the message is built from them: one sentence, then what to try.
import type { RequestId, VkHash } from '../ids.js';

type Cases = {
  URL_INVALID: { url: string };
  /** A private key that is not 32 bytes of hex below the curve's order. The key itself is in no message. */
  KEY_INVALID: object;
  KEY_MISSING: { call: string };
  /** A bearer token that cannot stand in a header. The token itself is in no message. */
  TOKEN_INVALID: object;
  /** Nothing answered within the time for retries. */
  UNREACHABLE: { url: string; detail: string };
  /** A final answer of the service that is not OK. `status` is gRPC's name for it. */
  REFUSED: { call: string; status: string; detail: string };
  /** The answer is not what the protocol allows. */
  ANSWER_MALFORMED: { call: string; problem: string };
  TRANSFER_REFUSED: { transfer: 'upload' | 'download'; httpStatus: number; detail: string };
  TRANSFER_FAILED: { transfer: 'upload' | 'download'; detail: string };
  /** The guest did not run to its end with exit code 0. */
  UNEXECUTABLE: { requestId: RequestId; cause: string; detail: string };
  UNFULFILLABLE: { requestId: RequestId; cause: string; detail: string };
  /** The request's deadline passed. */
  TIMED_OUT: { requestId: RequestId; deadlineAt: number };
  /** The program's vk, as the service has it, is another one than ours. */
  VK_HASH_MISMATCH: { vkHash: VkHash };
  PROOF_MALFORMED: { problem: string };
  /** The signal of the call or of the client. */
  ABORTED: object;
};

export type ClientErrorCode = keyof Cases;
export type ClientFailureOf<C extends ClientErrorCode> = { readonly code: C } & Readonly<Cases[C]>;
export type ClientFailure = { [C in ClientErrorCode]: ClientFailureOf<C> }[ClientErrorCode];

/** What every function of the client throws. Compare `failure`, show `message`. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  constructor(
    readonly failure: ClientFailure,
    options?: ErrorOptions,
  ) {
    super(describeFailure(failure), options);
  }
}

/** Builds a ClientError. Codes whose data is empty need no second argument. */
export function clientError<C extends ClientErrorCode>(
  code: C,
  ...[data, options]: keyof Cases[C] extends never
    ? [data?: object, options?: ErrorOptions]
    : [data: Cases[C], options?: ErrorOptions]
): ClientError {
  return new ClientError({ code, ...data } as unknown as ClientFailure, options);
}

const sentences: { [C in ClientErrorCode]: (failure: ClientFailureOf<C>) => string } = {
  URL_INVALID: ({ url }) =>
    `"${url}" is not the URL of a service. Write it with its scheme and port, for example http://127.0.0.1:8080.`,
  KEY_INVALID: () => 'The private key is not 32 bytes of hex within the curve. Make one with: openssl rand -hex 32',
  KEY_MISSING: ({ call }) => `${call} has to be signed, and the client has no private key. Give createClient one.`,
  TOKEN_INVALID: () =>
    'The token is empty, or has spaces or other than ASCII characters in it. Give it as the service knows it.',
  UNREACHABLE: ({ url, detail }) =>
    `Nothing answers at ${url} (${detail}). Is the service running there, and is it the right port?`,
  REFUSED: ({ call, status, detail }) => `The service refused ${call} (${status}): ${sentence(detail)}`,
  ANSWER_MALFORMED: ({ call, problem }) =>
    `The answer to ${call} is not what the protocol allows: ${problem}. Is this the URL of a proving service?`,
  TRANSFER_REFUSED: ({ transfer, httpStatus, detail }) =>
    `The service refused the ${transfer} with HTTP ${httpStatus}${detail === '' ? '' : `: ${sentence(detail)}`}`,
  TRANSFER_FAILED: ({ transfer, detail }) =>
    `The ${transfer} broke off (${detail}). Nothing is lost on the service's side: try again.`,
  UNEXECUTABLE: ({ cause, detail }) =>
    `${sentence(detail || `The guest program failed: ${cause}`)} Run it without a proof to look closer: sealed-prover execute`,
  UNFULFILLABLE: ({ cause, detail }) => `There is no proof. ${sentence(detail || `The service's reason: ${cause}`)}`,
  TIMED_OUT: ({ deadlineAt }) =>
    `The request's time ran out at ${new Date(deadlineAt).toISOString()}. Ask again with a longer time limit.`,
  VK_HASH_MISMATCH: ({ vkHash }) =>
    `The service has another verifying key under ${vkHash}. Was the program registered by a damaged or older client?`,
  PROOF_MALFORMED: ({ problem }) => `This is not a proof file: ${problem}.`,
  ABORTED: () => 'The call was given up.',
};

/** A foreign text as a sentence: some end with a full stop, some do not. */
const sentence = (text: string) => `${text.replace(/[.\s]+$/, '')}.`;

/** The sentence for a failure. */
export function describeFailure(failure: ClientFailure): string {
  // The table is keyed by code, so the function found takes exactly this failure.
  return (sentences[failure.code] as (failure: ClientFailure) => string)(failure);
}
