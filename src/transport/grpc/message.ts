// gRPC's framing of messages on a stream: one byte that says whether it is compressed, four of length, the message.
import { Buffer } from 'node:buffer';
import type { Readable } from 'node:stream';
import { FailureError } from '../../failures/failureError.js';
import { code, StatusError } from './code.js';

export const prefixBytes = 5;

export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(prefixBytes + message.byteLength);
  frame[0] = 0;
  frame.writeUInt32BE(message.byteLength, 1);
  frame.set(message, prefixBytes);
  return frame;
}

const refused = (refusal: (typeof code)[keyof typeof code], details: string) =>
  new StatusError({ code: refusal, details });

/** Rejected with when the client leaves before its message is complete: there is no one to answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/**
 * The one message of a unary call, at most `limitBytes` long. Rejects with a StatusError that says what is wrong with it, or with
 * ClientGone, or with the Failure of a body that was sealed. Reads no further than it must to know.
 */
export function readMessage(stream: Readable, limitBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    /** Until the prefix is whole: what has come of it. Then prefix and message, filled as they come. */
    let bytes: Buffer = Buffer.alloc(0);
    let filledBytes = 0;
    let isSized = false;

    const settle = (error?: Error) => {
      stream.off('data', take).off('end', end).off('aborted', gone).off('close', gone).off('error', failed);
      if (error === undefined) resolve(bytes.subarray(prefixBytes));
      else reject(error);
    };
    const failed = (error: Error) => {
      if (error instanceof FailureError) settle(error);
    };
    const gone = () => settle(new ClientGone('the client went away'));
    const take = (chunk: Buffer) => {
      if (isSized) fill(chunk);
      else begin(bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]));
    };
    const begin = (start: Buffer) => {
      bytes = start;
      if (start.length < prefixBytes) return;
      if (start[0] !== 0) return settle(refused(code.unimplemented, 'Compressed messages are not read here.'));
      const messageBytes = start.readUInt32BE(1);
      if (messageBytes > limitBytes) {
        const details = `The message has ${messageBytes} bytes, more than the ${limitBytes} that are read here.`;
        return settle(refused(code.resourceExhausted, details));
      }
      isSized = true;
      const wholeBytes = prefixBytes + messageBytes;
      if (start.length === wholeBytes) filledBytes = wholeBytes;
      else {
        // Copied: a message that comes byte by byte would else hold a piece of memory for each of them.
        bytes = Buffer.allocUnsafeSlow(wholeBytes);
        fill(start);
      }
    };
    const fill = (chunk: Buffer) => {
      if (filledBytes + chunk.length > bytes.length)
        return settle(refused(code.invalidArgument, 'The call must have exactly one message.'));
      filledBytes += chunk.copy(bytes, filledBytes);
    };
    const end = () => {
      if (isSized && filledBytes === bytes.length) settle();
      else settle(refused(code.invalidArgument, 'The call must have exactly one message, and it is not complete.'));
    };
    stream.on('data', take).once('end', end).once('aborted', gone).once('close', gone).on('error', failed);
    // Nothing came and nothing will: an empty body has ended by itself while a hook was awaited.
    if (stream.readableEnded) end();
  });
}
