// Canonical Huffman codes of a deflate stream (RFC 1951, 3.2.2).
import type { BitReader } from './bitReader.js';
import { GzipError } from './gzipError.js';

export interface Huffman {
  /** How many codes have each length. */
  readonly counts: readonly number[];
  /** Ordered by code. */
  readonly symbols: readonly number[];
}

const longest = 15;

export function huffmanOf(lengths: readonly number[]): Huffman {
  const counts = Array.from({ length: longest + 1 }, (_, length) => lengths.filter((of) => of === length).length);
  let left = 1;
  for (let length = 1; length <= longest; length++) {
    left = left * 2 - (counts[length] ?? 0);
    if (left < 0) throw new GzipError('a table has more codes than there are');
  }
  const symbols = Array.from({ length: longest }, (_, i) =>
    lengths.flatMap((length, symbol) => (length === i + 1 ? [symbol] : [])),
  ).flat();
  return { counts, symbols };
}

export function readSymbol(bits: BitReader, { counts, symbols }: Huffman): number {
  let code = 0;
  let first = 0;
  let index = 0;
  for (let length = 1; length <= longest; length++) {
    code |= bits.read(1);
    const count = counts[length] ?? 0;
    const symbol = symbols[index + code - first];
    if (code - first < count && symbol !== undefined) return symbol;
    index += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  throw new GzipError('a code is not in its table');
}

/** RFC 1951, 3.2.6. */
export const fixedLengths = huffmanOf(
  Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)),
);
export const fixedDistances = huffmanOf(new Array<number>(30).fill(5));
