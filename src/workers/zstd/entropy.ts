// Finite state entropy tables of zstd (RFC 8878, section 4.1), and bit access to a block that is padded with zeros.
import { MalformedError } from '../upload/malformed.js';

/** Reads past the end of a block's content land in this many zero bytes behind it. */
export const paddingBytes = 8;

/** By state: the symbol, how many bits the next state takes from the stream, and what is added to them. */
export interface FseTable {
  readonly log: number;
  readonly symbol: Uint8Array;
  readonly bits: Uint8Array;
  readonly base: Uint16Array;
}

export const corrupt = () => new MalformedError('its zstd frame is corrupt');

/** 24 or more bits from bit `at` on, lowest first. `at` must be ≥ 0 and lie in the block or its padding. */
export function bitsAt(block: Uint8Array, at: number): number {
  const i = at >> 3;
  const word =
    (block[i] as number) |
    ((block[i + 1] as number) << 8) |
    ((block[i + 2] as number) << 16) |
    ((block[i + 3] as number) << 24);
  return word >>> (at & 7);
}

/** Index of the highest set bit; `value` > 0. */
export const highBit = (value: number): number => 31 - Math.clz32(value);

/** Where a backward stream in bytes `start` to `end` begins: the bit below its end mark. */
export function backwardStart(block: Uint8Array, start: number, end: number): number {
  const last = end > start ? (block[end - 1] as number) : 0;
  if (last === 0) throw corrupt();
  return (end - 1) * 8 + highBit(last);
}

/** A table of one symbol that takes no bits. */
export const rleTable = (symbol: number): FseTable => ({
  log: 0,
  symbol: Uint8Array.of(symbol),
  bits: Uint8Array.of(0),
  base: Uint16Array.of(0),
});

/** Builds the decoding table for a distribution whose probabilities (−1 = "less than one") sum to 2^log. */
export function buildFseTable(probabilities: Int16Array, log: number): FseTable {
  const size = 1 << log;
  const symbol = new Uint8Array(size);
  const bits = new Uint8Array(size);
  const base = new Uint16Array(size);
  const next = new Uint16Array(probabilities.length);
  let high = size;
  for (let s = 0; s < probabilities.length; s++) {
    const probability = probabilities[s] as number;
    if (probability === -1) {
      symbol[--high] = s;
      next[s] = 1;
    } else next[s] = probability;
  }
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  for (let s = 0; s < probabilities.length; s++) {
    for (let i = 0; i < (probabilities[s] as number); i++) {
      symbol[at] = s;
      do at = (at + step) & (size - 1);
      while (at >= high);
    }
  }
  if (at !== 0) throw corrupt();
  for (let state = 0; state < size; state++) {
    const s = symbol[state] as number;
    const x = next[s] as number;
    next[s] = x + 1;
    bits[state] = log - highBit(x);
    base[state] = (x << (bits[state] as number)) - size;
  }
  return { log, symbol, bits, base };
}

/** Reads a table description (RFC 8878, 4.1.1) that starts at byte `start` and must end by byte `end`. */
export function readFseTable(
  block: Uint8Array,
  start: number,
  end: number,
  maxLog: number,
  maxSymbol: number,
): { table: FseTable; next: number } {
  if (start >= end) throw corrupt();
  const log = ((block[start] as number) & 15) + 5;
  if (log > maxLog) throw corrupt();
  let at = start * 8 + 4;
  const probabilities = new Int16Array(maxSymbol + 1);
  let remaining = 1 << log;
  let count = 0;
  while (remaining > 0) {
    if (count > maxSymbol || at > end * 8) throw corrupt();
    const width = highBit(remaining + 1) + 1;
    const lowMask = (1 << (width - 1)) - 1;
    const threshold = (1 << width) - 1 - (remaining + 1);
    let value = bitsAt(block, at) & ((1 << width) - 1);
    // Values below the threshold are written with one bit less.
    if ((value & lowMask) < threshold) {
      at += width - 1;
      value &= lowMask;
    } else {
      at += width;
      if (value > lowMask) value -= threshold;
    }
    const probability = value - 1;
    remaining -= Math.abs(probability);
    probabilities[count++] = probability;
    if (probability !== 0) continue;
    for (let repeat = 3; repeat === 3; ) {
      if (at > end * 8) throw corrupt();
      repeat = bitsAt(block, at) & 3;
      at += 2;
      count += repeat;
    }
  }
  const next = (at + 7) >> 3;
  if (remaining !== 0 || count > maxSymbol + 1 || next > end) throw corrupt();
  return { table: buildFseTable(probabilities.subarray(0, count), log), next };
}
