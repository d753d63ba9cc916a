// What follows the TD's report: the attestation key, the quoting enclave's report about it, and the PCK chain that signs that.
import { u16le, u32le } from '../bytes.js';
import { refuse } from '../failure.js';

export interface QeReport {
  /** Over these 384 bytes the PCK key signs. */
  readonly bytes: Uint8Array;
  readonly miscSelect: Uint8Array;
  readonly attributes: Uint8Array;
  readonly mrSigner: Uint8Array;
  readonly isvProdId: number;
  readonly isvSvn: number;
  readonly reportData: Uint8Array;
}

export interface SignatureData {
  /** r ‖ s over the quote's header and body. */
  readonly signature: Uint8Array;
  /** x ‖ y. */
  readonly attestationKey: Uint8Array;
  readonly qeReport: QeReport;
  readonly qeSignature: Uint8Array;
  readonly authenticationData: Uint8Array;
  /** PEM, leaf first. */
  readonly pckChain: Uint8Array;
}

const fixedBytes = 590;
const withQeReport = 6;
const pemChain = 5;

/** QUOTE_MALFORMED, QUOTE_UNSUPPORTED. */
export function readSignatureData(bytes: Uint8Array): SignatureData {
  if (bytes.byteLength < fixedBytes)
    refuse('QUOTE_MALFORMED', `Signature data of ${bytes.byteLength} bytes is too short.`);
  const type = u16le(bytes, 128);
  if (type !== withQeReport)
    refuse('QUOTE_UNSUPPORTED', `The certification data is of type ${type}; ${withQeReport} is read.`);
  expectEnd(bytes, 134 + u32le(bytes, 130), 'certification data');
  const authenticationEnd = 584 + u16le(bytes, 582);
  if (authenticationEnd + 6 > bytes.byteLength)
    refuse('QUOTE_MALFORMED', 'The quote ends within its authentication data.');
  const chainType = u16le(bytes, authenticationEnd);
  if (chainType !== pemChain)
    refuse('QUOTE_UNSUPPORTED', `The PCK certificate is given as type ${chainType}; a PEM chain is ${pemChain}.`);
  const chainAt = authenticationEnd + 6;
  expectEnd(bytes, chainAt + u32le(bytes, authenticationEnd + 2), 'PCK chain');
  return {
    signature: bytes.subarray(0, 64),
    attestationKey: bytes.subarray(64, 128),
    qeReport: readQeReport(bytes.subarray(134, 518)),
    qeSignature: bytes.subarray(518, 582),
    authenticationData: bytes.subarray(584, authenticationEnd),
    pckChain: bytes.subarray(chainAt),
  };
}

function expectEnd(bytes: Uint8Array, end: number, what: string): void {
  if (end !== bytes.byteLength)
    refuse('QUOTE_MALFORMED', `The ${what} should end at ${end}, the signature data at ${bytes.byteLength}.`);
}

function readQeReport(bytes: Uint8Array): QeReport {
  return {
    bytes,
    miscSelect: bytes.subarray(16, 20),
    attributes: bytes.subarray(48, 64),
    mrSigner: bytes.subarray(128, 160),
    isvProdId: u16le(bytes, 256),
    isvSvn: u16le(bytes, 258),
    reportData: bytes.subarray(320, 384),
  };
}
