// An upstream of HTTP/2 that says frames of its own choice: what Node's server would never send.
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { startRaw } from './relayRig.js';

export const frameType = { data: 0, headers: 1, rstStream: 3, settings: 4 } as const;
export const endHeaders = 4;

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.byteLength, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** HPACK without a table: `:status: 200`, and literals that are not indexed. */
export function headerBlock(headers: Readonly<Record<string, string>>, status = true): Buffer {
  const text = (value: string) => {
    const bytes = Buffer.from(value, 'latin1');
    return Buffer.concat([Buffer.of(bytes.byteLength), bytes]);
  };
  const literals = Object.entries(headers).flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)]);
  return Buffer.concat([...(status ? [Buffer.of(0x88)] : []), ...literals]);
}

export const errorCode = (code: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(code);
  return bytes;
};

const prefaceBytes = 24;

/** `asked` is called with each stream that is opened. Answers the port. */
export function startRawHttp2(
  t: Pick<TestContext, 'after'>,
  asked: (socket: Socket, stream: number) => void,
): Promise<number> {
  return startRaw(t, (socket, start) => {
    socket.write(frame(frameType.settings, 0, 0));
    socket.write(frame(frameType.settings, 1, 0));
    let bytes = start.subarray(prefaceBytes);
    const read = () => {
      while (bytes.byteLength >= 9) {
        const wholeBytes = 9 + bytes.readUIntBE(0, 3);
        if (bytes.byteLength < wholeBytes) return;
        const stream = bytes.readUInt32BE(5);
        if (bytes[3] === frameType.headers) asked(socket, stream);
        bytes = bytes.subarray(wholeBytes);
      }
    };
    socket.on('data', (more: Buffer) => {
      bytes = Buffer.concat([bytes, more]);
      read();
    });
    read();
  });
}
