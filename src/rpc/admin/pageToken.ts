// Where the next page of a list begins, in the caller's hands: it works with the same list and filter only, cannot be made up, and does not
// tell its place, because that may be the id of a proof.
import { createCipheriv, createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';

const version = 2;
const cipher = 'aes-256-ctr';
/** A block of the cipher, and more than anybody tries. */
const markBytes = 16;

/** Which list a place is in. */
export type ListDigest = Buffer;

/** `filter`: a message with all that says what is listed, and nothing else. */
export const listOf = <M extends DescMessage>(schema: M, filter: MessageShape<M> | undefined): ListDigest =>
  createHash('sha256')
    .update(`${schema.typeName}\n`)
    .update(filter === undefined ? '' : toBinary(schema, filter))
    .digest();

/** Hex digits. */
type Place = string;

// The text keeps these keys apart from whatever else is made with the one they come from.
const keyFor = (key: Uint8Array, use: string): Buffer =>
  createHmac('sha256', key).update(`sealed-prover page token 2 ${use}\n`).digest();

/** Of list and place: the start of the key stream, so that no two places are hidden by the same, and what nobody else can make. */
const markOf = (key: Uint8Array, list: ListDigest, place: Uint8Array): Buffer =>
  createHmac('sha256', keyFor(key, 'mark')).update(list).update(place).digest().subarray(0, markBytes);

/** Of the page behind `place`. The same place of the same list has the same token. */
export function pageToken(key: Uint8Array, list: ListDigest, place: Place): string {
  const bytes = Buffer.from(place, 'hex');
  const mark = markOf(key, list, bytes);
  const hidden = createCipheriv(cipher, keyFor(key, 'hide'), mark).update(bytes);
  return Buffer.concat([Buffer.from([version]), mark, hidden]).toString('base64url');
}

/** Throws TOKEN_EXPIRED. */
export function placeIn(key: Uint8Array, list: ListDigest, token: string): Place {
  const bytes = Buffer.from(token, 'base64url');
  const mark = bytes.subarray(1, 1 + markBytes);
  if (bytes[0] !== version || mark.byteLength !== markBytes) throw new FailureError(fail('TOKEN_EXPIRED'));
  const place = createDecipheriv(cipher, keyFor(key, 'hide'), mark).update(bytes.subarray(1 + markBytes));
  if (!timingSafeEqual(mark, markOf(key, list, place))) throw new FailureError(fail('TOKEN_EXPIRED'));
  return place.toString('hex');
}
