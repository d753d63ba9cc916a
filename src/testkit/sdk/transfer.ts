// Artifacts as the SDK's HTTP client moves them: HTTP/1.1, a connection each, no header but the length, never a token.
import { type IncomingHttpHeaders, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { buffer } from 'node:stream/consumers';

export interface HttpAnswer {
  readonly status: number;
  readonly httpVersion: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** `ca`: whom it trusts by https, as PEM. */
export function httpExchange(method: 'PUT' | 'GET', url: string, body?: Uint8Array, ca?: string): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-length': body.byteLength };
    const take = (response: IncomingMessage) => {
      const { statusCode: status = 0, httpVersion } = response;
      buffer(response).then((read) => resolve({ status, httpVersion, headers: response.headers, body: read }), reject);
    };
    const options = { method, headers, agent: false } as const;
    const outgoing = url.startsWith('https:')
      ? requestSecure(url, ca === undefined ? options : { ...options, ca }, take)
      : requestPlain(url, options, take);
    outgoing.on('error', reject).end(body);
  });
}

const magic = Buffer.from('28b52ffd', 'hex');
/** A single segment, its content size in four bytes, no checksum. */
const descriptor = 0xa0;
const maxBlockBytes = 128 * 1024;

/** One zstd frame of these bytes, not made smaller: all that a reader can tell from the SDK's is its size. */
export function zstdFrame(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(descriptor);
  head.writeUInt32LE(bytes.byteLength, 1);
  const parts: Uint8Array[] = [magic, head];
  let at = 0;
  do {
    const block = bytes.subarray(at, at + maxBlockBytes);
    at += block.byteLength;
    const isLast = at >= bytes.byteLength ? 1 : 0;
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.byteLength << 3) | isLast, 0, 3);
    parts.push(header, block);
  } while (at < bytes.byteLength);
  return Buffer.concat(parts);
}
