// Bits of a deflate stream, the least one of each byte first.
import { GzipError } from './gzipError.js';

export interface BitReader {
  read(count: number): number;
  /** The bytes of a stored block, which begins with its length, and that inverted, at the next whole byte. */
  stored(): Uint8Array;
  /** Where the first byte is of which nothing was read. */
  end(): number;
}

export function createBitReader(bytes: Uint8Array, start: number): BitReader {
  let at = start;
  let held = 0;
  let heldCount = 0;
  const next = (): number => {
    const byte = bytes[at];
    if (byte === undefined) throw new GzipError('it ends within its data');
    at += 1;
    return byte;
  };
  return {
    read(count) {
      while (heldCount < count) {
        held |= next() << heldCount;
        heldCount += 8;
      }
      const value = held & ((1 << count) - 1);
      held >>>= count;
      heldCount -= count;
      return value;
    },
    stored() {
      held = 0;
      heldCount = 0;
      const length = next() | (next() << 8);
      const inverted = next() | (next() << 8);
      if (length !== (inverted ^ 0xffff)) throw new GzipError('a stored block has two lengths');
      if (at + length > bytes.byteLength) throw new GzipError('it ends within its data');
      at += length;
      return bytes.subarray(at - length, at);
    },
    end: () => at,
  };
}
