// A set of collateral as one JSON text (QuoteCollateralV3): what Intel signs about platforms, in the bytes that it signed.
import { bytesOfText } from '../bytes.js';
import { refuse } from '../failure.js';
import { anyHexOf, at, type Field, onlyOf, rootField, textOf } from '../json/fields.js';
import { JsonError, parseJson } from '../json/parseJson.js';

export interface SignedText {
  readonly text: string;
  /** r ‖ s over the text's bytes. */
  readonly signature: Uint8Array;
  /** PEM, signer first. */
  readonly issuerChain: string;
}

export interface Collateral {
  readonly rootCrl: Uint8Array;
  readonly pckCrl: Uint8Array;
  readonly pckCrlIssuerChain: string;
  readonly tcbInfo: SignedText;
  readonly qeIdentity: SignedText;
}

/** Of the whole set and so of each part; real ones have 16 to 25 KiB. */
export const mostCollateralBytes = 4 * 1_048_576;
const mostPartBytes = 1_048_576;

const names = [
  'pck_crl_issuer_chain',
  'root_ca_crl',
  'pck_crl',
  'tcb_info_issuer_chain',
  'tcb_info',
  'tcb_info_signature',
  'qe_identity_issuer_chain',
  'qe_identity',
  'qe_identity_signature',
  // Read by nothing: the chain inside of the quote counts.
  'pck_certificate_chain',
];

/** COLLATERAL_MALFORMED. A part that is not there is empty, so that its own rule refuses it. */
export function parseCollateral(json: string): Collateral {
  if (json.length > mostCollateralBytes)
    refuse('COLLATERAL_MALFORMED', `The collateral has more than ${mostCollateralBytes} bytes.`);
  try {
    const field = onlyOf(rootField(parseJson(json)), names);
    return {
      rootCrl: hex(field, 'root_ca_crl'),
      pckCrl: hex(field, 'pck_crl'),
      pckCrlIssuerChain: text(field, 'pck_crl_issuer_chain'),
      tcbInfo: signed(field, 'tcb_info'),
      qeIdentity: signed(field, 'qe_identity'),
    };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return refuse('COLLATERAL_MALFORMED', `The collateral cannot be read: ${error.message}.`);
  }
}

function text(field: Field, name: string): string {
  const part = at(field, name);
  if (part.value === undefined || part.value === null) return '';
  const value = textOf(part);
  if (bytesOfText(value).byteLength > mostPartBytes)
    throw new JsonError(`${name} has more than ${mostPartBytes} bytes`);
  return value;
}

const hex = (field: Field, name: string): Uint8Array => anyHexOf({ value: text(field, name), path: name });

const signed = (field: Field, name: string): SignedText => ({
  text: text(field, name),
  signature: hex(field, `${name}_signature`),
  issuerChain: text(field, `${name}_issuer_chain`),
});
