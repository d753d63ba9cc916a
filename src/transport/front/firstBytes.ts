// Recognises TLS, HTTP/2 and HTTP/1.1 by the first bytes of a client, and gives them back to the connection unread.
import type { Socket } from 'node:net';

export type Protocol = 'tls' | 'http1' | 'http2';

/** RFC 9113, 3.4. No HTTP/1.1 method begins with it, and most requests differ in the first byte already. */
const preface = Buffer.from('PRI * HTTP/2.0\r\n');
/** The type of a TLS handshake record (RFC 8446, 5.1); no text protocol begins with it. */
const handshake = 0x16;

/** Undefined while `start` could still become either. */
export function protocolOf(start: Buffer): Protocol | undefined {
  if (start[0] === handshake) return 'tls';
  const length = Math.min(start.byteLength, preface.byteLength);
  if (!start.subarray(0, length).equals(preface.subarray(0, length))) return 'http1';
  return length === preface.byteLength ? 'http2' : undefined;
}
/** Calls `done` once: with the protocol, the connection as if nothing had been read; or with undefined when it closed before. */
export function firstBytes(socket: Socket, done: (protocol: Protocol | undefined) => void): void {
  let start = Buffer.alloc(0);
  const settle = (protocol: Protocol | undefined) => {
    socket.off('readable', read).off('close', closed).off('end', closed);
    done(protocol);
  };
  const closed = () => {
    socket.destroy();
    settle(undefined);
  };
  const read = () => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    start = Buffer.concat([start, chunk]);
    const protocol = protocolOf(start);
    if (protocol === undefined) return;
    socket.off('readable', read);
    socket.unshift(start);
    settle(protocol);
  };
  socket.on('readable', read).once('close', closed).once('end', closed);
}
