// HTTP/2 by hand (RFC 9113, RFC 7541), as little as a load generator needs: unary gRPC calls whose headers never change. Node's
// own client costs about as much as the server that it is to measure; this one costs a tenth.

export const frameType = { data: 0, headers: 1, settings: 4, ping: 6, goAway: 7 } as const;
export const endStream = 0x1;
export const acknowledged = 0x1;
const endHeaders = 0x4;
export const frameHeaderBytes = 9;

export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(frameHeaderBytes + payload.byteLength);
  writeFrameHeader(bytes, 0, payload.byteLength, type, flags, stream);
  bytes.set(payload, frameHeaderBytes);
  return bytes;
}

function writeFrameHeader(to: Buffer, at: number, length: number, type: number, flags: number, stream: number): void {
  to.writeUIntBE(length, at, 3);
  to[at + 3] = type;
  to[at + 4] = flags;
  to.writeUInt32BE(stream, at + 5);
}

/** Client preface, default settings, and a connection window that no answer will ever fill. */
export function openingBytes(): Buffer {
  const windowUpdate = 8;
  const increment = Buffer.alloc(4);
  increment.writeUInt32BE(2 ** 31 - 1 - 65_535);
  return Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    frame(frameType.settings, 0, 0, Buffer.alloc(0)),
    frame(windowUpdate, 0, 0, increment),
  ]);
}

const literal = (name: Buffer, value: string) => Buffer.concat([name, Buffer.from([value.length]), Buffer.from(value)]);
/** A name of HPACK's static table, not to be indexed; below 15 it fits into the first byte. */
const staticName = (index: number) => Buffer.from(index < 15 ? [index] : [15, index - 15]);

/** Headers of a gRPC call, without Huffman coding and without the dynamic table: the same bytes on every stream. */
export function headerBlock(authority: string, path: string): Buffer {
  const post = 0x83;
  const schemeHttp = 0x86;
  return Buffer.concat([
    Buffer.from([post, schemeHttp]),
    literal(staticName(4), path),
    literal(staticName(1), authority),
    literal(staticName(31), 'application/grpc'),
    literal(staticName(58), 'tonic/0.14'),
    literal(Buffer.from([0, 2, 0x74, 0x65]), 'trailers'),
  ]);
}

const grpcPrefixBytes = 5;
export const callBytes = (headers: Buffer, message: Uint8Array) =>
  2 * frameHeaderBytes + headers.length + grpcPrefixBytes + message.byteLength;

/** Writes one call: HEADERS, then the message as DATA with the end of the stream. Answers where it ends. */
export function writeCall(to: Buffer, at: number, stream: number, headers: Buffer, message: Uint8Array): number {
  writeFrameHeader(to, at, headers.length, frameType.headers, endHeaders, stream);
  to.set(headers, at + frameHeaderBytes);
  const dataAt = at + frameHeaderBytes + headers.length;
  const dataLength = grpcPrefixBytes + message.byteLength;
  writeFrameHeader(to, dataAt, dataLength, frameType.data, endStream, stream);
  to[dataAt + frameHeaderBytes] = 0;
  to.writeUInt32BE(message.byteLength, dataAt + frameHeaderBytes + 1);
  to.set(message, dataAt + frameHeaderBytes + grpcPrefixBytes);
  return dataAt + frameHeaderBytes + dataLength;
}

/** The message in the payload of a DATA frame that holds all of it. */
export const messageOf = (payload: Buffer): Buffer => payload.subarray(grpcPrefixBytes);
