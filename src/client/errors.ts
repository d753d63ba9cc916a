// Every way a call of the client can fail. Code and data, a closed union. The message is built from them: one sentence, then what to try.
import type { RequestId, VkHash } from '../ids.js';

type Cases = {
  URL_INVALID: { url: string };
  /** What was given as an id is not of its length in hex. */
  ID_INVALID: { what: 'a request id' | 'a vk hash' | 'an address' | 'a measurement'; given: string; hexDigits: number };
  /** A private key that is not 32 bytes of hex below the curve's order. The key itself is in no message. */
  KEY_INVALID: { problem: string };
  KEY_MISSING: { call: string };
  /** A bearer token that cannot stand in a header. The token itself is in no message. */
  TOKEN_INVALID: object;
  /** A variable of the environment names no proxy that can be used. Its value may hold a password, and is in no message. */
  PROXY_INVALID: { variable: string; hostname: string };
  /** Nothing answered within the time for retries. */
  UNREACHABLE: { url: string; detail: string };
  NAME_UNRESOLVED: { url: string; hostname: string };
  /** `names`: whose the certificate is instead, for `otherName`. */
  TLS_FAILED: {
    url: string;
    problem: 'untrusted' | 'expired' | 'notYetValid' | 'otherName' | 'noTls' | 'certificateWanted';
    names: string;
  };
  /** The service is not, or not any more, what is asked of it. `reason`: a code of the verifier. Nothing was sent. */
  ATTESTATION_REFUSED: { url: string; reason: string; detail: string };
  /** An answer names another origin for an artifact, which nobody has attested. */
  ARTIFACT_URL_ELSEWHERE: { url: string; named: string };
  /** Something answers, but not gRPC. */
  NOT_A_SERVICE: { url: string };
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
  /** What was handed out is a proof, and not of this request. It was not kept. */
  PROOF_MISMATCH: { problem: string };
  /** A sealed body that was not taken, or an answer that is not sealed as it should be. `reason` is the code. */
  SEALED_BODY_REFUSED: { url: string; reason: string; detail: string };
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
  ID_INVALID: ({ what, given, hexDigits }) =>
    `"${given.slice(0, 80)}" is not ${what}. It has ${hexDigits} hex digits, with or without 0x.`,
  KEY_INVALID: ({ problem }) =>
    `The private key is not 64 hex digits: ${problem} Make a new one with: openssl rand -hex 32`,
  KEY_MISSING: ({ call }) => `${call} has to be signed, and the client has no private key. Give createClient one.`,
  TOKEN_INVALID: () =>
    'The token is empty, or has spaces or other than ASCII characters in it. Give it as the service knows it.',
  PROXY_INVALID: ({ variable, hostname }) =>
    `${variable} names no proxy that can be used. Write it as http://HOST:PORT, or name ${hostname} in NO_PROXY to go there directly.`,
  UNREACHABLE: ({ url, detail }) =>
    `Nothing answers at ${url} (${detail}). Is the service running there, and is it the right port?`,
  NAME_UNRESOLVED: ({ url, hostname }) =>
    `The name ${hostname} of ${url} does not resolve. Check how it is spelt, and that this machine can ask its DNS.`,
  TLS_FAILED: ({ url, problem, names }) => tlsSentences[problem](url, names),
  ATTESTATION_REFUSED: ({ url, reason, detail }) =>
    `Nothing was sent to ${url}, because of ${reason}. ${sentence(detail)} Look at all checks: sealed-prover attest verify ${url}`,
  ARTIFACT_URL_ELSEWHERE: ({ url, named }) =>
    `${url} names ${named} for an artifact, which nobody has attested. Nothing was sent there.`,
  NOT_A_SERVICE: ({ url }) =>
    url.startsWith('https:')
      ? `Something answers at ${url}, but it does not speak gRPC. Is it the right port, and does a proxy in front pass HTTP/2 on?`
      : `Something answers at ${url}, but it does not speak gRPC without TLS. Is it the right port, or is its URL https://?`,
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
    `The service has another verifying key under 0x${vkHash}. Was the program registered by a damaged or older client?`,
  PROOF_MALFORMED: ({ problem }) => `This is not a proof file: ${problem}.`,
  PROOF_MISMATCH: ({ problem }) =>
    `This is not a proof of what was asked for: ${problem}. It was not kept. Ask for the proof again, and tell the service's operator.`,
  SEALED_BODY_REFUSED: ({ url, reason, detail }) =>
    `A sealed body to ${url} did not arrive, or its answer did not (${reason}): ${sentence(detail)}`,
  ABORTED: () => 'The call was given up.',
};

const tlsSentences: Record<ClientFailureOf<'TLS_FAILED'>['problem'], (url: string, names: string) => string> = {
  untrusted: (url) =>
    `The certificate of ${url} is of an authority that this machine does not know. If it is your own, name its certificate: NODE_EXTRA_CA_CERTS=ca.pem`,
  expired: (url) =>
    `The certificate of ${url} has expired. Its operator has to renew it; if it is said to be valid, check the clock of this machine.`,
  notYetValid: (url) => `The certificate of ${url} is not valid yet. Check the clock of this machine.`,
  otherName: (url, names) =>
    `The certificate of ${url} is for another name${names === '' ? '' : ` (${names})`}. Use a URL with a name that is in it.`,
  noTls: (url) =>
    `What answers at ${url} does not speak TLS. Use its http:// URL where nobody else can listen, or the port that has TLS.`,
  certificateWanted: (url) =>
    `The TLS of ${url} asks for a client certificate, which this client cannot show. Ask its operator for a token instead.`,
};

/** A foreign text as a sentence: some end with a full stop, some do not. */
const sentence = (text: string) => `${text.replace(/[.\s]+$/, '')}.`;

/** The sentence for a failure. */
export function describeFailure(failure: ClientFailure): string {
  // The table is keyed by code, so the function found takes exactly this failure.
  return (sentences[failure.code] as (failure: ClientFailure) => string)(failure);
}
