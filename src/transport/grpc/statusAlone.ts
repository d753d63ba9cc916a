// The whole answer of a call that ends with a status and no message: in headers, which is how gRPC does it, and for gRPC-Web in its body
// too, as the frame that stands for trailers there (grpc/grpc, doc/PROTOCOL-WEB.md).
import type { Status } from './code.js';
import type { GrpcForm } from './contentType.js';

export interface StatusAlone {
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for gRPC itself. */
  readonly body: Buffer;
}

const contentTypes: Readonly<Record<GrpcForm, string>> = {
  grpc: 'application/grpc',
  web: 'application/grpc-web+proto',
  text: 'application/grpc-web-text+proto',
};

/** The most significant bit of a frame's first byte: these are trailers. */
const trailersFlag = 0x80;

export function statusAlone(form: GrpcForm, status: Status): StatusAlone {
  const trailers = trailersOf(status);
  const headers = { 'content-type': contentTypes[form], ...trailers };
  if (form === 'grpc') return { headers, body: Buffer.alloc(0) };
  const lines = Object.entries(trailers).map(([name, value]) => `${name}: ${value}\r\n`);
  const text = Buffer.from(lines.join(''));
  const prefix = Buffer.from([trailersFlag, 0, 0, 0, 0]);
  prefix.writeUInt32BE(text.byteLength, 1);
  const frame = Buffer.concat([prefix, text]);
  return { headers, body: form === 'text' ? Buffer.from(frame.toString('base64')) : frame };
}

export const trailersOf = ({ code, details }: Status): Readonly<Record<string, string>> => ({
  'grpc-status': `${code}`,
  ...(details !== '' && { 'grpc-message': percentEncoded(details) }),
});

/** gRPC's encoding of `grpc-message`: printable ASCII without `%` as it is, the rest of its UTF-8 in percent. */
const percentEncoded = (text: string): string =>
  text.replace(/[^\x20-\x24\x26-\x7e]+/g, (part) =>
    [...Buffer.from(part)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
