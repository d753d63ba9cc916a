// Values of DER that certificates and CRLs hold, each in its one allowed form.
import { toHex } from '../bytes.js';
import { childrenOf, DerError, type DerValue, expectTag, readOnly, tags } from './readDer.js';

/** The bytes of an INTEGER that is not negative, without the zero that keeps the sign. */
export function unsignedOf(value: DerValue | undefined, tag: number = tags.integer): Uint8Array {
  const { content } = expectTag(value, tag);
  const [first, second] = content;
  if (first === undefined) throw new DerError('a number is empty');
  if (first >= 0x80) throw new DerError('a number is negative');
  if (first === 0 && second !== undefined && second < 0x80) throw new DerError('a number is not in its shortest form');
  return first === 0 && content.byteLength > 1 ? content.subarray(1) : content;
}

/** A number of at most three bytes. */
export function numberOf(value: DerValue | undefined, tag: number = tags.integer): number {
  const bytes = unsignedOf(value, tag);
  if (bytes.byteLength > 3) throw new DerError('a number is too large');
  return bytes.reduce((number, byte) => number * 256 + byte, 0);
}

export function booleanOf(value: DerValue | undefined): boolean {
  const { content } = expectTag(value, tags.boolean);
  if (content.byteLength !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new DerError('a boolean is neither');
  return content[0] === 0xff;
}

/** An object identifier as the hex of its content: that is compared, never shown. */
export function oidOf(value: DerValue | undefined): string {
  const { content } = expectTag(value, tags.oid);
  const isPadded = content.some((byte, i) => byte === 0x80 && (i === 0 || (content[i - 1] ?? 0) < 0x80));
  const last = content[content.byteLength - 1];
  if (last === undefined || last >= 0x80 || isPadded) throw new DerError('an object identifier is malformed');
  return toHex(content);
}

/** The bytes of a BIT STRING of whole bytes. */
export function bitsOf(value: DerValue | undefined): Uint8Array {
  const { content } = expectTag(value, tags.bitString);
  if (content[0] !== 0) throw new DerError('a bit string is not of whole bytes');
  return content.subarray(1);
}

/** Seconds since 1970. Only the form with seconds and Z that RFC 5280 allows. */
export function timeOf(value: DerValue | undefined): number {
  const isShort = value?.tag === tags.utcTime;
  const { content } = expectTag(value, isShort ? tags.utcTime : tags.generalizedTime);
  const text = String.fromCharCode(...content.subarray(0, 20));
  if (!(isShort ? /^\d{12}Z$/ : /^\d{14}Z$/).test(text)) throw new DerError('a time is malformed');
  // RFC 5280, 4.1.2.5.1: two digits are of 1950 to 2049.
  const full = isShort ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  const iso = full.replace(/^(....)(..)(..)(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6.000Z');
  const at = Date.parse(iso);
  // A 30th of February becomes a day in March elsewhere.
  if (Number.isNaN(at) || new Date(at).toISOString() !== iso) throw new DerError('a time is no date');
  return at / 1000;
}

/** r ‖ s of an ECDSA signature over P-256. */
export function ecdsaSignatureOf(bytes: Uint8Array): Uint8Array {
  const [r, s, ...more] = childrenOf(readOnly(bytes, tags.sequence)).map((part) => unsignedOf(part));
  if (r === undefined || s === undefined || more.length > 0) throw new DerError('a signature is not two numbers');
  if (r.byteLength > 32 || s.byteLength > 32) throw new DerError('a signature is too long');
  const fixed = new Uint8Array(64);
  fixed.set(r, 32 - r.byteLength);
  fixed.set(s, 64 - s.byteLength);
  return fixed;
}
