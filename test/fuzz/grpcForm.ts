// In which form of gRPC a call is answered. By the content type alone, and told here once more: a service that takes one for another
// must not be its own judge.
import assert from 'node:assert/strict';
import { code } from '../../src/transport/grpc/code.js';
import type { Answer } from './http2Call.js';

type Headers = Readonly<Record<string, string>>;

/** `text`: gRPC-Web in base64. `other`: gRPC with messages that are not protobuf. Undefined: no gRPC at all. */
export function formOf(headers: Headers): 'served' | 'other' | 'web' | 'text' | undefined {
  const type = (headers['content-type'] ?? '').split(';', 1).join().trim().toLowerCase();
  if (type === 'application/grpc' || type === 'application/grpc+proto') return 'served';
  if (type.startsWith('application/grpc-web-text')) return 'text';
  if (type.startsWith('application/grpc-web')) return 'web';
  return type.startsWith('application/grpc') ? 'other' : undefined;
}

const prefixBytes = 5;
/** Of a frame that stands for trailers. */
const trailersFlag = 0x80;

/** Asserts that a client of the call's own form understands the answer, which has a status in its headers. */
export function verifyForm({ body, contentType, grpcStatus }: Answer, headers: Headers): void {
  const form = formOf(headers);
  if (form !== 'web' && form !== 'text') {
    assert.equal(contentType, 'application/grpc');
    if (grpcStatus !== code.ok) assert.equal(body.byteLength, 0, 'a refusal with a message');
    return;
  }
  assert.equal(contentType, `application/grpc-web${form === 'text' ? '-text' : ''}+proto`);
  const frame = form === 'text' ? Buffer.from(body.toString(), 'base64') : body;
  assert.equal(frame[0], trailersFlag);
  assert.equal(frame.readUInt32BE(1), frame.byteLength - prefixBytes);
  assert.match(frame.subarray(prefixBytes).toString(), new RegExp(`^grpc-status: ${grpcStatus}\\r\\n`));
}
