// A certificate revocation list of Intel's profile: version 2, ECDSA with SHA-256, numbered.
import { equalBytes, toHex } from '../bytes.js';
import { verifyP256 } from '../crypto.js';
import { oids } from '../der/oids.js';
import { childrenOf, DerError, type DerValue, expectTag, readOnly, tags } from '../der/readDer.js';
import { expectSameAlgorithm, openEnvelope, readExtensions } from '../der/signedEnvelope.js';
import { numberOf, timeOf, unsignedOf } from '../der/values.js';
import { refuse } from '../failure.js';
import type { Certificate } from './certificate.js';
import { boundText } from './verifyChain.js';

/** Intel's lists have a few hundred bytes to some ten kilobytes. */
export const mostCrlBytes = 1_048_576;

export interface Crl {
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  readonly issuer: Uint8Array;
  readonly thisUpdate: number;
  /** Absent in the file: such a list is never current. */
  readonly nextUpdate: number | undefined;
  /** Serials in hex, without leading zeros. */
  readonly revoked: ReadonlySet<string>;
}

/** `what`: "the root CRL". CRL_MISSING when empty, CRL_MALFORMED (V8). */
export function parseCrl(der: Uint8Array, what: string): Crl {
  if (der.byteLength === 0) refuse('CRL_MISSING', `${what} is empty.`);
  if (der.byteLength > mostCrlBytes) refuse('CRL_MALFORMED', `${what} has more than ${mostCrlBytes} bytes.`);
  try {
    return read(der);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return refuse('CRL_MALFORMED', `DER of ${what}: ${error.message}.`);
  }
}

const isTime = (value: DerValue | undefined) => value?.tag === tags.utcTime || value?.tag === tags.generalizedTime;

function read(der: Uint8Array): Crl {
  const envelope = openEnvelope(der);
  const [version, algorithm, issuer, thisUpdate, ...rest] = envelope.fields;
  if (numberOf(version) !== 1) throw new DerError('it is not of version 2');
  expectSameAlgorithm(algorithm, envelope);
  const nextUpdate = isTime(rest[0]) ? timeOf(rest.shift()) : undefined;
  const entries = rest[0]?.tag === tags.sequence ? childrenOf(rest.shift() as DerValue) : [];
  const [list, ...more] = childrenOf(expectTag(rest.shift(), tags.context0));
  if (more.length > 0 || rest.length > 0) throw new DerError('something follows the extensions');
  const number = readExtensions(expectTag(list, tags.sequence), []).get(oids.crlNumber);
  if (number === undefined) throw new DerError('it has no number');
  unsignedOf(readOnly(number, tags.integer));
  return {
    signed: envelope.signed,
    signature: envelope.signature,
    issuer: expectTag(issuer, tags.sequence).raw,
    thisUpdate: timeOf(thisUpdate),
    nextUpdate,
    revoked: new Set(entries.map(serialOf)),
  };
}

function serialOf(entry: DerValue): string {
  const [serial, revokedAt, extensions, ...more] = childrenOf(expectTag(entry, tags.sequence));
  timeOf(revokedAt);
  if (extensions !== undefined) readExtensions(extensions, []);
  if (more.length > 0) throw new DerError('an entry has too many parts');
  return toHex(unsignedOf(serial));
}

/** CRL_MISSING, CRL_SIGNATURE_INVALID (V9). */
export async function verifyCrlIssuer(crl: Crl, issuer: Certificate, what: string): Promise<void> {
  if (!equalBytes(crl.issuer, issuer.subject))
    refuse('CRL_MISSING', `${what} is of another issuer than "${issuer.commonName}".`);
  if (!(await verifyP256(issuer.publicKey, crl.signature, crl.signed)))
    refuse('CRL_SIGNATURE_INVALID', `${what} is not signed by "${issuer.commonName}".`);
}

/** CRL_NOT_VALID_NOW (V10). */
export function verifyCrlTimes({ thisUpdate, nextUpdate }: Crl, now: number, what: string): void {
  if (now < thisUpdate) refuse('CRL_NOT_VALID_NOW', boundText(`${what} begins`, thisUpdate, now));
  if (nextUpdate === undefined) refuse('CRL_NOT_VALID_NOW', `${what} does not say until when it holds.`);
  if (now > nextUpdate) refuse('CRL_NOT_VALID_NOW', boundText(`${what} ended`, nextUpdate, now));
}
