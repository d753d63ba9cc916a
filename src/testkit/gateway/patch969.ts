// How a client of Miden's pull request 969 reads the header of an answer: base64, gzip, and a quote whose signature holds. It knows nothing
// of nonces, keys or policies, and nothing of it is changed for us.
import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

export interface PatchQuote {
  readonly version: number;
  readonly teeType: number;
  /** 64 bytes. */
  readonly reportData: Buffer;
}

const headerBytes = 48;
const bodyBytes = 584;

/** Throws for what that client would refuse. Zeros may follow the quote. */
export function readAsPatch969(header: string): PatchQuote {
  // Rust's STANDARD engine: padded, canonical, no white space.
  assert.equal(Buffer.from(header, 'base64').toString('base64'), header, 'no canonical base64');
  const quote = gunzipSync(Buffer.from(header, 'base64'));
  const [version, keyType, teeType] = [quote.readUInt16LE(0), quote.readUInt16LE(2), quote.readUInt32LE(4)];
  assert.deepEqual([version, keyType, teeType], [4, 2, 0x81], 'no quote v4 of TDX with ECDSA P-256');
  assert.equal(quote.toString('hex', 12, 28), '939a7233f79c4ca9940a0db3957f0607', 'not by Intel’s quoting enclave');
  const signed = quote.subarray(0, headerBytes + bodyBytes);
  const lengthAt = signed.byteLength;
  const signatureBytes = quote.readUInt32LE(lengthAt);
  const data = quote.subarray(lengthAt + 4, lengthAt + 4 + signatureBytes);
  assert.equal(data.byteLength, signatureBytes, 'it is cut');
  assert.ok(
    quote.subarray(lengthAt + 4 + signatureBytes).every((byte) => byte === 0),
    'something follows it',
  );
  const [signature, point] = [data.subarray(0, 64), data.subarray(64, 128)];
  const jwk = { kty: 'EC', crv: 'P-256', x: coordinate(point, 0), y: coordinate(point, 32) };
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  assert.ok(verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature), 'its signature does not hold');
  // The quoting enclave's report vouches for that key.
  const qe = data.subarray(128 + 6, 128 + 6 + 384);
  const auth = data.subarray(128 + 6 + 384 + 64);
  const authBytes = auth.readUInt16LE(0);
  const vouched = createHash('sha256')
    .update(point)
    .update(auth.subarray(2, 2 + authBytes))
    .digest();
  assert.deepEqual(qe.subarray(320, 352), vouched, 'another key signed it than the quoting enclave’s');
  return { version, teeType, reportData: signed.subarray(headerBytes + 520) };
}

const coordinate = (point: Buffer, at: number): string => point.subarray(at, at + 32).toString('base64url');
