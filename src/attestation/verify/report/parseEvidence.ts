// The whole evidence of a sealed-prover, as `/.well-known/attestation` answers it. What is hashed comes out in exactly the bytes that came in.
import { fromBase64 } from '../base64.js';
import { fromHex } from '../bytes.js';
import { refuse } from '../failure.js';
import { at, type Field, objectOf, oneOf, onlyOf, rootField, textOf, wholeOf } from '../json/fields.js';
import { JsonError, parseJson } from '../json/parseJson.js';

export interface ShownEvidence {
  /** What the answer says it was made over: a hint, and no more. */
  readonly nonce: Uint8Array | undefined;
  readonly quote: Uint8Array;
  readonly tlsSpkiSha256: Uint8Array | undefined;
  /** X25519, for sealed bodies. */
  readonly bodyKey: Uint8Array | undefined;
  /** The exact bytes. */
  readonly statement: Uint8Array;
  /** JSON text. */
  readonly eventLog: string | undefined;
  readonly vmConfig: string | undefined;
  /** Raw text of app-compose.json. */
  readonly appCompose: string | undefined;
  /** A QuoteCollateralV3 as JSON text. */
  readonly collateral: string | undefined;
}

export const mostEvidenceBytes = 2 * 1_048_576;

const names = [
  'version',
  'platform',
  'nonce',
  'quote',
  'keys',
  'statement',
  'event_log',
  'vm_config',
  'app_compose',
  'collateral',
];

/** EVIDENCE_MALFORMED; BODY_KEY_WRONG for a key that can be nobody's. */
export function parseEvidence(json: string): ShownEvidence {
  if (json.length > mostEvidenceBytes)
    refuse('EVIDENCE_MALFORMED', `The evidence has more than ${mostEvidenceBytes} bytes.`);
  try {
    return read(onlyOf(rootField(parseJson(json)), names));
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return refuse('EVIDENCE_MALFORMED', `The evidence cannot be read: ${error.message}.`);
  }
}

function read(field: Field): ShownEvidence {
  wholeOf(at(field, 'version'), 1, 1);
  oneOf(at(field, 'platform'), ['tdx']);
  const keys = onlyOf(at(field, 'keys'), ['tls_spki_sha256', 'body_x25519']);
  const tlsSpkiSha256 = nullable(at(keys, 'tls_spki_sha256'), digestOf);
  return {
    nonce: nullable(at(field, 'nonce'), digestOf),
    quote: base64Of(at(field, 'quote')),
    tlsSpkiSha256,
    bodyKey: nullable(at(keys, 'body_x25519'), (of) => bodyKeyOf(of, tlsSpkiSha256)),
    statement: base64Of(at(field, 'statement')),
    eventLog: nullable(at(field, 'event_log'), (of) => JSON.stringify(of.value)),
    vmConfig: nullable(at(field, 'vm_config'), textOf),
    appCompose: nullable(at(field, 'app_compose'), textOf),
    collateral: nullable(at(field, 'collateral'), (of) => JSON.stringify(objectOf(of))),
  };
}

const nullable = <T>(field: Field, readIt: (field: Field) => T): T | undefined =>
  field.value === null || field.value === undefined ? undefined : readIt(field);

function digestOf(field: Field): Uint8Array {
  const bytes = fromHex(textOf(field), 32);
  if (bytes === undefined) throw new JsonError(`${field.path} is not 64 lower-case hex digits`);
  return bytes;
}

function base64Of(field: Field): Uint8Array {
  const bytes = fromBase64(textOf(field));
  if (bytes === undefined) throw new JsonError(`${field.path} is not canonical base64`);
  return bytes;
}

function bodyKeyOf(field: Field, tlsSpkiSha256: Uint8Array | undefined): Uint8Array {
  const key = fromHex(textOf(field), 32);
  if (key === undefined) return refuse('BODY_KEY_WRONG', 'The key for bodies is not 64 lower-case hex digits.');
  if (key.every((byte) => byte === 0)) refuse('BODY_KEY_WRONG', 'The key for bodies is all zeros.');
  if (tlsSpkiSha256?.every((byte, i) => byte === key[i]))
    refuse('BODY_KEY_WRONG', 'The key for bodies is the digest of the TLS key.');
  return key;
}
