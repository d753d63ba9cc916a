// Failures of what arrives, before anyone asks who sent it or what it is for.
import { failure } from './define.js';

export const wireFailures = {
  /** A message or field from outside is not what the protocol allows. */
  MALFORMED_REQUEST: failure<{ field: string; problem: string }>(
    'permanent',
    ({ field, problem }) => `The field ${field} is not valid: ${problem}.`,
  ),
  /** A connection without TLS, from where only TLS is served. */
  TLS_REQUIRED: failure('permanent', () => 'This service is reached by TLS from here. Use its https URL.'),
  /** A proxy in front does not tell by which origin its client came, and no other is configured. */
  PUBLIC_URL_NEEDED: failure<{ unknown: 'host' | 'scheme' }>('permanent', ({ unknown }) =>
    unknown === 'host'
      ? 'A proxy in front of this service ends https and does not tell which host its client named, so there is no safe URL for artifacts. Its operator must give that URL with --public-url, or let the proxy keep the host.'
      : 'A proxy in front of this service does not tell whether its client came by https, so there is no safe URL for artifacts. Its operator must give that URL with --public-url, or let the proxy send x-forwarded-proto.',
  ),
  /** A body that is sealed, and not as it should be. */
  BODY_MALFORMED: failure<{ problem: string }>(
    'permanent',
    ({ problem }) =>
      `The sealed body cannot be opened: ${problem}. Its method, path and content type must arrive as they were sent.`,
  ),
  BODY_TRUNCATED: failure('permanent', () => 'The sealed body ends before its last frame: it was cut on its way.'),
  /** Sealed to a key that the service does not have, most often that of its last start. */
  BODY_KEY_UNKNOWN: failure(
    'permanent',
    () =>
      'The body is sealed to a key that this service does not have. Attest it again, and seal to the key that it has now.',
  ),
  BODY_NOT_SEALED: failure(
    'permanent',
    () =>
      'Only sealed bodies are taken here, and this one is in clear. Seal it to the key in the evidence of this service.',
  ),
  /** What an end that seals says of its peer. */
  RESPONSE_NOT_SEALED: failure<{ status: number }>(
    'permanent',
    ({ status }) =>
      `The answer (HTTP ${status}) is not sealed, so anybody between here and the service can have made it, and it is not shown. Look at what ends TLS in front of the service.`,
  ),
};
