// A certificate for a key of our own, signed by itself: no authority vouches for it, because a quote does.
import { createHash, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { createCertificate, extension, signingKey } from './createCertificate.js';
import { der, oid, pem, sequence } from './derWriter.js';

export interface SelfSignedParameters {
  /** P-256. */
  readonly key: KeyObject;
  /** Host names and IP addresses; the first is its name. */
  readonly names: readonly string[];
  /** ms since 1970. */
  readonly now: number;
}

const day = 86_400;
export const selfSignedForMs = 30 * day * 1000;
/** The client's clock may be behind (s). */
const slack = day;
const serverAuthentication = sequence(oid('1.3.6.1.5.5.7.3.1'));

/** PEM. */
export function selfSigned({ key, names, now }: SelfSignedParameters): string {
  const own = signingKey(key);
  const commonName = (names[0] ?? 'localhost').slice(0, 64);
  const seconds = Math.floor(now / 1000);
  const certificate = createCertificate({
    commonName,
    key: own,
    issuerName: commonName,
    issuerKey: own,
    organisation: 'sealed-prover',
    // Another one for each key and each renewal.
    serial: createHash('sha256').update(own.spki).update(`${now}`).digest().readUIntBE(0, 6),
    notBefore: seconds - slack,
    notAfter: seconds + selfSignedForMs / 1000,
    isCa: false,
    extensions: [
      extension('2.5.29.17', sequence(...names.map(generalName))),
      extension('2.5.29.37', serverAuthentication),
    ],
  });
  return pem(certificate);
}

const generalName = (name: string): Buffer =>
  isIP(name) === 0 ? der(0x82, Buffer.from(name, 'latin1')) : der(0x87, addressBytes(name));

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.replace(/%.*/, '').split('::');
  const groups = (text: string | undefined) => (text ? text.split(':') : []);
  const [first, last] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  return Buffer.from([...first, ...zeros, ...last].map((group) => group.padStart(4, '0')).join(''), 'hex');
}
