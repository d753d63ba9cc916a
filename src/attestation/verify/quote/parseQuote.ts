// A TDX quote from its bytes: version 4 or 5, all three TD bodies, one way to read each. V2 and V3 of the rules.
import { equalBytes, fromHex, isZero, u16le, u32le } from '../bytes.js';
import { refuse } from '../failure.js';
import { readSignatureData, type SignatureData } from './signatureData.js';
import { readTdReport, type TdBody, type TdReport, tdBodySizes } from './tdReport.js';

/** Trailing zeros included. Real quotes have 4,935 to 5,247 bytes, and 8,000 where their buffer is handed out whole. */
export const mostQuoteBytes = 16_384;

export interface Quote {
  readonly version: 4 | 5;
  readonly body: TdBody;
  readonly td: TdReport;
  /** Header, and body with its six bytes of description in version 5: what the attestation key signs. */
  readonly signed: Uint8Array;
  readonly signature: SignatureData;
  /** Without the zeros behind it. */
  readonly bytes: Uint8Array;
}

const headerBytes = 48;
const vendor = fromHex('939a7233f79c4ca9940a0db3957f0607') as Uint8Array;
const tdx = 0x81;
const bodiesByType: Readonly<Record<number, TdBody>> = { 2: 'TD 1.0', 3: 'TD 1.5', 4: 'TD 1.5-Ex' };

/** QUOTE_MALFORMED, QUOTE_UNSUPPORTED, TEE_TYPE_WRONG. */
export function parseQuote(bytes: Uint8Array): Quote {
  if (bytes.byteLength > mostQuoteBytes)
    refuse('QUOTE_MALFORMED', `The quote has ${bytes.byteLength} bytes; at most ${mostQuoteBytes} are read.`);
  if (bytes.byteLength < headerBytes + 6)
    refuse('QUOTE_MALFORMED', `A quote of ${bytes.byteLength} bytes has no body.`);
  const version = versionOf(bytes);
  const { body, bodyAt } = bodyOf(bytes, version);
  const signedBytes = bodyAt + tdBodySizes[body];
  if (bytes.byteLength < signedBytes + 4) refuse('QUOTE_MALFORMED', `The quote ends within its ${body} body.`);
  const end = signedBytes + 4 + u32le(bytes, signedBytes);
  if (end > bytes.byteLength) refuse('QUOTE_MALFORMED', 'The quote ends within its signature data.');
  if (!isZero(bytes.subarray(end)))
    refuse('QUOTE_MALFORMED', `Behind the quote's ${end} bytes is something else than zeros.`);
  return {
    version,
    body,
    td: readTdReport(bytes.subarray(bodyAt, signedBytes), body),
    signed: bytes.subarray(0, signedBytes),
    signature: readSignatureData(bytes.subarray(signedBytes + 4, end)),
    bytes: bytes.subarray(0, end),
  };
}

function versionOf(bytes: Uint8Array): 4 | 5 {
  const version = u16le(bytes, 0);
  const teeType = u32le(bytes, 4);
  if (version !== 4 && version !== 5)
    refuse('QUOTE_UNSUPPORTED', `The quote is of version ${version}; 4 and 5 are read.`);
  if (teeType !== tdx) refuse('TEE_TYPE_WRONG', `The quote is of TEE type ${teeType}; TDX is ${tdx}.`);
  if (u16le(bytes, 2) !== 2)
    refuse('QUOTE_UNSUPPORTED', `The attestation key is of type ${u16le(bytes, 2)}; ECDSA over P-256 is 2.`);
  if (!equalBytes(bytes.subarray(12, 28), vendor)) refuse('QUOTE_UNSUPPORTED', 'The quoting enclave is not of Intel.');
  return version;
}

function bodyOf(bytes: Uint8Array, version: 4 | 5): { body: TdBody; bodyAt: number } {
  if (version === 4) return { body: 'TD 1.0', bodyAt: headerBytes };
  const type = u16le(bytes, headerBytes);
  const body = bodiesByType[type];
  if (body === undefined) {
    if (type === 1) refuse('TEE_TYPE_WRONG', 'The quote has the body of an SGX enclave.');
    refuse('QUOTE_UNSUPPORTED', `The body is of type ${type}; 2, 3 and 4 are read.`);
  }
  const size = u32le(bytes, headerBytes + 2);
  if (size !== tdBodySizes[body])
    refuse('QUOTE_MALFORMED', `A ${body} body has ${tdBodySizes[body]} bytes, not ${size}.`);
  return { body, bodyAt: headerBytes + 6 };
}
