// An X.509 certificate of Intel's profile: version 3, ECDSA with SHA-256, a P-256 key, extensions.
import { toHex } from '../bytes.js';
import { oids } from '../der/oids.js';
import { childrenOf, DerError, type DerValue, exactly, expectTag, readOnly, tags } from '../der/readDer.js';
import { expectSameAlgorithm, openEnvelope, readExtensions } from '../der/signedEnvelope.js';
import { bitsOf, booleanOf, numberOf, oidOf, timeOf, unsignedOf } from '../der/values.js';
import { refuse } from '../failure.js';
import { commonNameOf } from './commonName.js';

export interface Certificate {
  readonly der: Uint8Array;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  /** Hex without leading zeros: so CRLs are searched. */
  readonly serial: string;
  /** Raw DER: two names are the same when their bytes are. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly commonName: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** x ‖ y. */
  readonly publicKey: Uint8Array;
  readonly isCa: boolean;
  readonly extensions: ReadonlyMap<string, Uint8Array>;
}

/** `what` names it in the message: "the first certificate of the PCK chain". CERT_MALFORMED. */
export function parseCertificate(der: Uint8Array, what: string): Certificate {
  try {
    return read(der);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return refuse('CERT_MALFORMED', `DER of ${what}: ${error.message}.`);
  }
}

function read(der: Uint8Array): Certificate {
  const envelope = openEnvelope(der);
  const [version, serial, algorithm, issuer, validity, subject, key, extensionList, ...more] = envelope.fields;
  const [versionNumber] = exactly(expectTag(version, tags.context0), 1);
  if (numberOf(versionNumber) !== 2) throw new DerError('it is not of version 3');
  if (more.length > 0) throw new DerError('something follows the extensions');
  expectSameAlgorithm(algorithm, envelope);
  const [notBefore, notAfter] = exactly(expectTag(validity, tags.sequence), 2).map(timeOf);
  if (notBefore === undefined || notAfter === undefined) throw new DerError('a time is missing');
  const [list] = exactly(expectTag(extensionList, tags.context3), 1);
  const extensions = readExtensions(expectTag(list, tags.sequence), [oids.keyUsage, oids.basicConstraints]);
  return {
    der,
    signed: envelope.signed,
    signature: envelope.signature,
    serial: toHex(unsignedOf(serial)),
    issuer: expectTag(issuer, tags.sequence).raw,
    subject: expectTag(subject, tags.sequence).raw,
    commonName: commonNameOf(expectTag(subject, tags.sequence)),
    notBefore,
    notAfter,
    publicKey: publicKeyOf(key),
    isCa: isCaBy(extensions.get(oids.basicConstraints)),
    extensions,
  };
}

function publicKeyOf(value: DerValue | undefined): Uint8Array {
  const [algorithm, key] = exactly(expectTag(value, tags.sequence), 2);
  const [type, curve] = exactly(expectTag(algorithm, tags.sequence), 2).map(oidOf);
  const point = bitsOf(key);
  if (type !== oids.ecPublicKey || curve !== oids.p256 || point.byteLength !== 65 || point[0] !== 4)
    throw new DerError('its key is not an uncompressed point of P-256');
  return point.subarray(1);
}

function isCaBy(basicConstraints: Uint8Array | undefined): boolean {
  if (basicConstraints === undefined) return false;
  const [first] = childrenOf(readOnly(basicConstraints, tags.sequence));
  return first?.tag === tags.boolean && booleanOf(first);
}
