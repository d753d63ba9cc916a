// The literals section of a compressed zstd block (RFC 8878, sections 3.1.1.3.1 and 4.2): stored, repeated, or Huffman coded.
import { backwardStart, bitsAt, corrupt, highBit, readFseTable } from './entropy.js';
import { maxBlockBytes } from './frame.js';

const maxCodeBits = 11;
const maxWeights = 255;

/** By the next `log` bits of the stream: the symbol and the length of its code. */
interface HuffmanTable {
  readonly log: number;
  readonly symbol: Uint8Array;
  readonly bits: Uint8Array;
}

/** Decodes literals into `bytes` and keeps the Huffman table, which a later block may use again. */
export class Literals {
  readonly bytes = new Uint8Array(maxBlockBytes);
  #table: HuffmanTable | undefined;

  /** Reads the section at the start of `block`; `end` is the end of the block's content. */
  read(block: Uint8Array, end: number, limitBytes: number): { sizeBytes: number; next: number } {
    const first = block[0] as number;
    const type = first & 3;
    const format = (first >> 2) & 3;
    const word = bitsAt(block, 0) + (block[4] as number) * 2 ** 32;
    if (type < 2) {
      const headerBytes = format === 1 ? 2 : format === 3 ? 3 : 1;
      const sizeBytes =
        headerBytes === 1 ? first >> 3 : headerBytes === 2 ? (word & 0xffff) >> 4 : (word & 0xffffff) >> 4;
      const next = headerBytes + (type === 0 ? sizeBytes : 1);
      if (sizeBytes > limitBytes || next > end) throw corrupt();
      if (type === 0) this.bytes.set(block.subarray(headerBytes, next));
      else this.bytes.fill(block[headerBytes] as number, 0, sizeBytes);
      return { sizeBytes, next };
    }
    const sizeBits = format < 2 ? 10 : format === 2 ? 14 : 18;
    const headerBytes = (4 + 2 * sizeBits) >> 3;
    const sizeBytes = Math.floor(word / 16) % 2 ** sizeBits;
    const next = headerBytes + (Math.floor(word / 2 ** (4 + sizeBits)) % 2 ** sizeBits);
    if (sizeBytes > limitBytes || next > end) throw corrupt();
    let start = headerBytes;
    if (type === 2) {
      const read = readHuffmanTable(block, start, next);
      this.#table = read.table;
      start = read.next;
    }
    if (this.#table === undefined) throw corrupt();
    if (format === 0) decodeStream(block, start, next, this.#table, this.bytes, 0, sizeBytes);
    else this.#decodeFourStreams(block, start, next, this.#table, sizeBytes);
    return { sizeBytes, next };
  }

  #decodeFourStreams(block: Uint8Array, start: number, end: number, table: HuffmanTable, sizeBytes: number): void {
    const quarter = (sizeBytes + 3) >> 2;
    if (start + 6 > end || quarter * 3 > sizeBytes) throw corrupt();
    let from = start + 6;
    for (let i = 0; i < 4; i++) {
      const length = (block[start + 2 * i] as number) | ((block[start + 2 * i + 1] as number) << 8);
      const to = i === 3 ? end : from + length;
      if (to > end) throw corrupt();
      decodeStream(block, from, to, table, this.bytes, quarter * i, i === 3 ? sizeBytes : quarter * (i + 1));
      from = to;
    }
  }
}

function decodeStream(
  block: Uint8Array,
  start: number,
  end: number,
  table: HuffmanTable,
  out: Uint8Array,
  outStart: number,
  outEnd: number,
): void {
  const { log, symbol, bits } = table;
  const mask = (1 << log) - 1;
  const floor = start * 8;
  let at = backwardStart(block, start, end);
  for (let i = outStart; i < outEnd; i++) {
    const from = at - log;
    // Near the front the missing low bits count as zeros.
    const code = (from >= floor ? bitsAt(block, from) : bitsAt(block, floor) << (floor - from)) & mask;
    out[i] = symbol[code] as number;
    at -= bits[code] as number;
    if (at < floor) throw corrupt();
  }
  if (at !== floor) throw corrupt();
}

function readHuffmanTable(block: Uint8Array, start: number, end: number): { table: HuffmanTable; next: number } {
  if (start >= end) throw corrupt();
  const weights = new Uint8Array(maxWeights + 1);
  const header = block[start] as number;
  let count: number;
  let next: number;
  if (header < 128) {
    next = start + 1 + header;
    if (next > end) throw corrupt();
    count = readFseWeights(block, start + 1, next, weights);
  } else {
    count = header - 127;
    next = start + 1 + ((count + 1) >> 1);
    if (next > end) throw corrupt();
    for (let i = 0; i < count; i++) {
      const pair = block[start + 1 + (i >> 1)] as number;
      weights[i] = i % 2 === 0 ? pair >> 4 : pair & 15;
    }
  }
  return { table: buildHuffmanTable(weights, count), next };
}

/** Two interleaved states until the stream is used up; then the other state holds the last weight. */
function readFseWeights(block: Uint8Array, start: number, end: number, weights: Uint8Array): number {
  const { table, next } = readFseTable(block, start, end, 6, 12);
  const floor = next * 8;
  let at = backwardStart(block, next, end);
  const take = (width: number): number => {
    at -= width;
    return (at >= floor ? bitsAt(block, at) : bitsAt(block, floor) << (floor - at)) & ((1 << width) - 1);
  };
  const states: [number, number] = [take(table.log), take(table.log)];
  if (at < floor) throw corrupt();
  let turn: 0 | 1 = 0;
  let count = 0;
  for (;;) {
    if (count + 2 > maxWeights) throw corrupt();
    const state = states[turn];
    weights[count++] = table.symbol[state] as number;
    states[turn] = (table.base[state] as number) + take(table.bits[state] as number);
    turn = turn === 0 ? 1 : 0;
    if (at < floor) {
      weights[count++] = table.symbol[states[turn]] as number;
      return count;
    }
  }
}

/** The last weight is not stored: it is what is missing to a power of two. Longest codes come first, equal ones by symbol. */
function buildHuffmanTable(weights: Uint8Array, stored: number): HuffmanTable {
  let sum = 0;
  for (let s = 0; s < stored; s++) {
    const weight = weights[s] as number;
    if (weight > maxCodeBits) throw corrupt();
    if (weight > 0) sum += 1 << (weight - 1);
  }
  if (sum === 0) throw corrupt();
  const log = highBit(sum) + 1;
  const missing = (1 << log) - sum;
  if (log > maxCodeBits || (missing & (missing - 1)) !== 0) throw corrupt();
  weights[stored] = highBit(missing) + 1;

  const symbol = new Uint8Array(1 << log);
  const bits = new Uint8Array(1 << log);
  let at = 0;
  for (let weight = 1; weight <= log; weight++) {
    for (let s = 0; s <= stored; s++) {
      if (weights[s] !== weight) continue;
      const span = 1 << (weight - 1);
      symbol.fill(s, at, at + span);
      bits.fill(log + 1 - weight, at, at + span);
      at += span;
    }
  }
  return { log, symbol, bits };
}
