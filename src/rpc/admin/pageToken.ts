// Where the next page of a list begins, in the caller's hands: it works with the same filter only, and cannot be made up.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { toBinary } from '@bufbuild/protobuf';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import { type Filter, FilterSchema } from '../../gen/admin/v1/requests_pb.js';
import { bytesOf, parseRequestId, type RequestId } from '../../ids.js';

const version = 1;
const idBytes = 32;
const macBytes = 16;

function macOf(key: Uint8Array, filter: Filter | undefined, id: Uint8Array): Buffer {
  const digest = createHash('sha256')
    .update(filter === undefined ? '' : toBinary(FilterSchema, filter))
    .digest();
  // The first line keeps this MAC apart from whatever else is made with the key.
  return createHmac('sha256', key)
    .update('sealed-prover page token 1\n')
    .update(digest)
    .update(id)
    .digest()
    .subarray(0, macBytes);
}

/** Of the page behind `last`. */
export function pageToken(key: Uint8Array, filter: Filter | undefined, last: RequestId): string {
  const id = bytesOf(last);
  return Buffer.concat([Buffer.from([version]), id, macOf(key, filter, id)]).toString('base64url');
}

/** Throws TOKEN_EXPIRED. */
export function parsePageToken(key: Uint8Array, filter: Filter | undefined, token: string): RequestId {
  const bytes = Buffer.from(token, 'base64url');
  const id = bytes.subarray(1, 1 + idBytes);
  const mac = bytes.subarray(1 + idBytes);
  const isOurs = bytes[0] === version && mac.byteLength === macBytes && timingSafeEqual(mac, macOf(key, filter, id));
  const requestId = isOurs ? parseRequestId(id) : undefined;
  if (requestId === undefined) throw new FailureError(fail('TOKEN_EXPIRED'));
  return requestId;
}
