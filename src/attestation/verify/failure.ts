// Every way in which an attestation is refused: one closed list of codes. It knows nothing of the service's own failures.

/** In the order of what a verifier looks at. Names are part of the interface: tests, policies and scripts compare them. */
export const attestationCodes = [
  'QUOTE_MALFORMED',
  'QUOTE_UNSUPPORTED',
  'TEE_TYPE_WRONG',
  'QUOTE_SIGNATURE_INVALID',
  'QE_SIGNATURE_INVALID',
  'QE_BINDING_INVALID',
  'QE_IDENTITY_WRONG',
  'CERT_MALFORMED',
  'CERT_CHAIN_INVALID',
  'CERT_NOT_VALID_NOW',
  'CERT_REVOKED',
  'CRL_MISSING',
  'CRL_MALFORMED',
  'CRL_SIGNATURE_INVALID',
  'CRL_NOT_VALID_NOW',
  'COLLATERAL_UNAVAILABLE',
  'COLLATERAL_MALFORMED',
  'COLLATERAL_SIGNATURE_INVALID',
  'COLLATERAL_NOT_VALID_NOW',
  'COLLATERAL_MISMATCH',
  'COLLATERAL_TOO_OLD',
  'CLOCK_UNUSABLE',
  'TCB_LEVEL_NONE',
  'TCB_MODULE_UNKNOWN',
  'TCB_MODULE_WRONG',
  'TCB_STATUS_REFUSED',
  'TCB_ADVISORY_REFUSED',
  'TD_DEBUG',
  'TD_ATTRIBUTES_REFUSED',
  'TD_SERVICE_TD',
  'DEVICE_UNKNOWN',
  'MEASUREMENT_UNKNOWN',
  'EVENT_LOG_MALFORMED',
  'EVENT_DIGEST_WRONG',
  'RTMR_MISMATCH',
  'EVENT_MISSING',
  'EVENT_DUPLICATE',
  'COMPOSE_MISSING',
  'COMPOSE_HASH_WRONG',
  'COMPOSE_UNKNOWN',
  'COMPOSE_MALFORMED',
  'IMAGE_UNPINNED',
  'IMAGE_UNKNOWN',
  'COMPOSE_SETTING_REFUSED',
  'APP_UNKNOWN',
  'KEY_PROVIDER_REFUSED',
  'REPORT_DATA_WRONG',
  'NONCE_WRONG',
  'TLS_KEY_WRONG',
  'BODY_KEY_WRONG',
  'STATEMENT_WRONG',
  'STATEMENT_REFUSED',
  'STATE_ROLLED_BACK',
  'EVIDENCE_MALFORMED',
  'EVIDENCE_FILE_WRONG',
  'EVIDENCE_CERTIFICATE_WRONG',
  'CAA_MISSING',
  'CAA_OTHER_ACCOUNT',
  'REPORT_MISSING',
  'DOWNGRADE_REFUSED',
  'HEADER_MALFORMED',
  'HEADER_TOO_LARGE',
  'HEADER_DUPLICATE',
  'GZIP_LIMIT',
  'POLICY_MALFORMED',
  'INTERNAL',
] as const;

export type AttestationCode = (typeof attestationCodes)[number];

export interface AttestationFailure {
  readonly code: AttestationCode;
  /** One sentence that says what was found, with the values that differ. Never a secret: a quote has none. */
  readonly detail: string;
}

/** The one error that functions of this folder throw. */
export class AttestationError extends Error implements AttestationFailure {
  override readonly name = 'AttestationError';
  readonly detail: string;
  constructor(
    readonly code: AttestationCode,
    detail: string,
  ) {
    const shown = printable(detail);
    super(`${code}: ${shown}`);
    this.detail = shown;
  }
}

const mostDetailCharacters = 1_000;

/** Names come from strangers, and details go to terminals: nothing in them may move a cursor or turn the text around. */
export const printable = (text: string): string =>
  text.slice(0, mostDetailCharacters).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\ufffd');

export function refuse(code: AttestationCode, detail: string): never {
  throw new AttestationError(code, detail);
}

/** What a caught error is to the outside. A foreign one is a bug of ours: it rejects, and its text stays inside. */
export function failureOf(error: unknown): AttestationFailure {
  if (error instanceof AttestationError) return { code: error.code, detail: error.detail };
  return { code: 'INTERNAL', detail: 'The verifier itself failed.' };
}
