// The part of bincode 1.3 that the engine protocol uses: little-endian, fixed-width integers, u64 counts.
import { Buffer } from 'node:buffer';

/** The bytes do not hold what they should. `message` is safe to show: it names fields, never content. */
export class MalformedFrame extends Error {
  override readonly name = 'MalformedFrame';
}

/** Reads one payload from front to back. Every method throws MalformedFrame when the bytes end early. */
export class BincodeReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(field: string): number {
    return this.raw(1, field).readUInt8();
  }

  bool(field: string): boolean {
    const byte = this.u8(field);
    if (byte > 1) throw new MalformedFrame(`${field} is not a bool`);
    return byte === 1;
  }

  u32(field: string): number {
    return this.raw(4, field).readUInt32LE();
  }

  u64(field: string): bigint {
    return this.raw(8, field).readBigUInt64LE();
  }

  /** A u64 that this service counts with: at most 2^53 − 1. */
  count(field: string): number {
    const value = this.u64(field);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new MalformedFrame(`${field} is too large`);
    return Number(value);
  }

  /** `length` bytes, as a view of the payload. */
  raw(length: number, field: string): Buffer {
    if (length > this.#bytes.length - this.#offset) throw new MalformedFrame(`${field} is cut short`);
    this.#offset += length;
    return this.#bytes.subarray(this.#offset - length, this.#offset);
  }

  /** `Vec<u8>`, as a view of the payload. */
  bytes(field: string): Buffer {
    return this.raw(this.count(field), field);
  }

  /** `String`, made fit for a log line: see `plainText`. */
  text(field: string): string {
    return plainText(this.bytes(field));
  }

  rest(): Buffer {
    return this.raw(this.#bytes.length - this.#offset, 'rest');
  }

  /** Every byte must have been read. */
  end(): void {
    if (this.#offset !== this.#bytes.length) throw new MalformedFrame('bytes follow the last field');
  }
}

/** Longest foreign text we keep. Engines quote whole error chains. The first 500 characters name the cause. */
const maxText = 500;

/** UTF-8 from outside in one line of at most 500 characters: control and format characters become spaces. */
export function plainText(bytes: Uint8Array): string {
  // Four bytes a character at most: a 64 MiB text is not decoded to be thrown away.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 4 * maxText)).toString('utf8');
  return text
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .slice(0, maxText);
}

export const encodeU8 = (value: number) => Buffer.from([value]);

export function encodeU32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => {
    bytes.writeUInt32LE(value, 4 * i);
  });
  return bytes;
}

export function encodeU64(value: bigint | number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** `Vec<u8>` or `String`. */
export const encodeBytes = (bytes: Uint8Array | string) => {
  const content = Buffer.from(bytes);
  return Buffer.concat([encodeU64(content.length), content]);
};
