// Certificates and CRLs, signed by any key: those of the development PKI in the shape of Intel's, and self-signed ones for TLS.
import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { bits, boolean, der, integer, octets, oid, sequence, setOf, utcTime, utf8 } from './derWriter.js';

export interface SigningKey {
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  /** x ‖ y. */
  readonly point: Buffer;
}

/** P-256. */
export function signingKey(privateKey: KeyObject): SigningKey {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return { privateKey, spki, point: spki.subarray(-64) };
}

/** What the development PKI signs is not to be taken for Intel's. */
const mockOrganisation = 'Mock';

export const nameOf = (commonName: string, organisation = mockOrganisation): Buffer =>
  sequence(setOf(sequence(oid('2.5.4.3'), utf8(commonName))), setOf(sequence(oid('2.5.4.10'), utf8(organisation))));

export interface CertificateParameters {
  readonly commonName: string;
  readonly key: SigningKey;
  readonly issuerName: string;
  readonly issuerKey: SigningKey;
  readonly serial: number;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly isCa: boolean;
  /** In both names. */
  readonly organisation?: string;
  /** Besides the usual ones. */
  readonly extensions?: readonly Buffer[];
  /** Of the signed content. */
  readonly edit?: (signed: Buffer) => Buffer;
}

export const extension = (id: string, value: Buffer, isCritical = false): Buffer =>
  sequence(oid(id), ...(isCritical ? [boolean(true)] : []), octets(value));

const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));

const keyId = (key: SigningKey): Buffer => createHash('sha1').update(key.point).digest();
const authorityKeyId = (key: SigningKey): Buffer => extension('2.5.29.35', sequence(der(0x80, keyId(key))));

const signed = (content: Buffer, { privateKey }: SigningKey): Buffer =>
  sequence(content, ecdsaWithSha256, bits(sign('sha256', content, privateKey)));

export function createCertificate(of: CertificateParameters): Buffer {
  const content = sequence(
    der(0xa0, integer(2)),
    integer(of.serial),
    ecdsaWithSha256,
    nameOf(of.issuerName, of.organisation),
    sequence(utcTime(of.notBefore), utcTime(of.notAfter)),
    nameOf(of.commonName, of.organisation),
    of.key.spki,
    der(
      0xa3,
      sequence(
        authorityKeyId(of.issuerKey),
        extension('2.5.29.14', octets(keyId(of.key))),
        extension('2.5.29.15', Buffer.from(of.isCa ? '03020106' : '030206c0', 'hex'), true),
        extension('2.5.29.19', of.isCa ? sequence(boolean(true)) : sequence(), true),
        ...(of.extensions ?? []),
      ),
    ),
  );
  return signed(of.edit?.(content) ?? content, of.issuerKey);
}

export interface CrlParameters {
  readonly issuerName: string;
  readonly issuerKey: SigningKey;
  readonly thisUpdate: number;
  /** Left out when undefined. */
  readonly nextUpdate: number | undefined;
  readonly revoked: readonly number[];
  readonly edit?: (signed: Buffer) => Buffer;
}

export function createCrl(of: CrlParameters): Buffer {
  const entries = of.revoked.map((serial) => sequence(integer(serial), utcTime(of.thisUpdate)));
  const content = sequence(
    integer(1),
    ecdsaWithSha256,
    nameOf(of.issuerName),
    utcTime(of.thisUpdate),
    ...(of.nextUpdate === undefined ? [] : [utcTime(of.nextUpdate)]),
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    der(0xa0, sequence(extension('2.5.29.20', integer(1)), authorityKeyId(of.issuerKey))),
  );
  return signed(of.edit?.(content) ?? content, of.issuerKey);
}
