// Failures of who calls: signature, token, certificate, allowlist.
import type { Address } from '../ids.js';
import { failure } from './define.js';

export const accessFailures = {
  /** No address can be recovered from the signature. */
  SIGNATURE_INVALID: failure(
    'permanent',
    () => 'The signature does not recover to an address. Sign the body as received, EIP-191, 65 bytes r‖s‖v.',
  ),
  /** The recovered address is not on the allowlist. */
  REQUESTER_NOT_ALLOWED: failure<{ requester: Address }>(
    'permanent',
    ({ requester }) =>
      `The address 0x${requester} may not use this service. Ask its operator to put it on the allowlist.`,
  ),
  /** Tokens are asked for, and the call has none, or none in the form that is expected. */
  TOKEN_MISSING: failure(
    'permanent',
    () =>
      'This service asks for a token and the call has none. Send it with every call as the header authorization: Bearer TOKEN.',
  ),
  TOKEN_UNKNOWN: failure(
    'permanent',
    () => 'The token of this call is not known here. Ask the operator of the service for a valid one.',
  ),
  /** It was on the list minutes ago: its holder is about to have the new one. */
  TOKEN_REPLACED: failure('transient', () => 'The token was replaced; retry with the new one.'),
  /** Client certificates are asked for, and the connection has shown none that could be verified. */
  CERTIFICATE_MISSING: failure(
    'permanent',
    () =>
      'This service asks for a client certificate and the connection has shown none that it trusts. Give the client one.',
  ),
  /** The nonce was used with another body, or is too old to be checked. */
  NONCE_STALE: failure<{ nonce: string }>(
    'transient',
    ({ nonce }) => `Invalid nonce ${nonce}: it was used before or is too old. Fetch a new one with GetNonce.`,
  ),
};
