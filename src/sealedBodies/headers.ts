// The two forms of the `Sealed-Body` header: to which key a request is sealed, and the nonce of its answer's key.
import { fail } from '../failures/fail.js';
import { FailureError } from '../failures/failureError.js';

/** Lower case, as Node has the names of headers. */
export const sealedBodyHeader = 'sealed-body';

export interface RequestHeader {
  /** Which key of the service: 16 hex digits, the first 8 bytes of the SHA-256 of its public key. */
  readonly kid: string;
  /** HPKE's encapsulated key, 32 bytes. */
  readonly enc: Uint8Array;
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (hex: string | undefined): Uint8Array => new Uint8Array(Buffer.from(hex ?? '', 'hex'));

export const formatRequestHeader = ({ kid, enc }: RequestHeader): string => `v=1; kid=${kid}; enc=${hexOf(enc)}`;

/** BODY_MALFORMED for anything else, so for a header that came twice. */
export function parseRequestHeader(text: string): RequestHeader {
  const found = /^v=1; kid=([0-9a-f]{16}); enc=([0-9a-f]{64})$/.exec(text);
  if (found === null)
    throw new FailureError(fail('BODY_MALFORMED', { problem: 'its Sealed-Body header is not valid' }));
  return { kid: found[1] ?? '', enc: bytesOf(found[2]) };
}

export const formatAnswerHeader = (nonce: Uint8Array): string => `v=1; nonce=${hexOf(nonce)}`;

/** The nonce, 32 bytes; undefined for anything else. */
export function parseAnswerHeader(text: string | undefined): Uint8Array | undefined {
  const found = /^v=1; nonce=([0-9a-f]{64})$/.exec(text ?? '');
  return found === null ? undefined : bytesOf(found[1]);
}
