// Why nothing answered, in words for the person who can do something about it: grpc-js hands on what its layers said.
import { type ClientError, clientError } from './errors.js';

/** Names that do not resolve, as grpc-js and Node word it. */
const unresolved = /Name resolution failed|ENOTFOUND|EAI_AGAIN|EAI_NODATA|EAI_NONAME/;

type TlsProblem = Parameters<typeof clientError<'TLS_FAILED'>>[1]['problem'];

/** As OpenSSL and Node word them. */
const tlsProblems: readonly (readonly [RegExp, TlsProblem])[] = [
  [/certificate has expired|CERT_HAS_EXPIRED/, 'expired'],
  [/certificate is not yet valid|CERT_NOT_YET_VALID/, 'notYetValid'],
  [/does not match certificate's altnames|ERR_TLS_CERT_ALTNAME_INVALID/, 'otherName'],
  [/self.signed certificate|unable to (verify|get) |SELF_SIGNED|UNABLE_TO_/, 'untrusted'],
  [/wrong version number|packet length too long|unknown protocol|http request/, 'noTls'],
  [/certificate required|bad certificate|handshake failure/, 'certificateWanted'],
];

/** What a certificate says today it says in a minute: trying again does not help. */
export const isTlsProblem = (detail: string): boolean => tlsProblemOf(detail) !== undefined;

const tlsProblemOf = (detail: string): TlsProblem | undefined => tlsProblems.find(([words]) => words.test(detail))?.[1];

/** NAME_UNRESOLVED, TLS_FAILED, NOT_A_SERVICE or UNREACHABLE. */
export function unreachable(url: URL, detail: string, cause: unknown): ClientError {
  const at = { url: url.origin };
  if (unresolved.test(detail)) return clientError('NAME_UNRESOLVED', { ...at, hostname: url.hostname }, { cause });
  const problem = url.protocol === 'https:' ? tlsProblemOf(detail) : undefined;
  if (problem !== undefined) {
    // Of the altnames that it has: the last list in Node's sentence.
    const names = problem === 'otherName' ? (/.*(?:altnames|list): (.*)$/.exec(detail)?.[1] ?? '') : '';
    return clientError('TLS_FAILED', { ...at, problem, names }, { cause });
  }
  if (/Protocol error|Failed to connect/.test(detail)) return clientError('NOT_A_SERVICE', at, { cause });
  return clientError('UNREACHABLE', { ...at, detail }, { cause });
}
