// One gzip member, in full and within a bound. The platform's own streams read on into what follows a member, and say nothing of it.

import { type BitReader, createBitReader } from './bitReader.js';
import { crc32 } from './crc32.js';
import { GzipError } from './gzipError.js';
import { fixedDistances, fixedLengths, type Huffman, huffmanOf, readSymbol } from './huffman.js';

const lengthBase = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const distanceBase = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
const distanceExtra = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
const codeOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

interface Output {
  readonly bytes: Uint8Array;
  length: number;
}

/** RFC 1952 and RFC 1951. Throws a GzipError. */
export function gunzip(gzip: Uint8Array, mostBytes: number): Uint8Array {
  const bits = createBitReader(gzip, afterHeader(gzip));
  const out: Output = { bytes: new Uint8Array(mostBytes), length: 0 };
  for (let isLast = false; !isLast; ) {
    isLast = bits.read(1) === 1;
    readBlock(bits, out);
  }
  const at = bits.end();
  const plain = out.bytes.slice(0, out.length);
  const view = new DataView(gzip.buffer, gzip.byteOffset, gzip.byteLength);
  if (at + 8 !== gzip.byteLength) throw new GzipError('it does not end with its first member');
  if (view.getUint32(at, true) !== crc32(plain) || view.getUint32(at + 4, true) !== out.length)
    throw new GzipError('its checksum is wrong');
  return plain;
}

/** Where the deflate stream begins: name, comment and extra field are passed over. */
function afterHeader(gzip: Uint8Array): number {
  const flags = gzip[3] ?? 0;
  if (gzip[0] !== 0x1f || gzip[1] !== 0x8b || gzip[2] !== 8 || (flags & 0xe0) !== 0)
    throw new GzipError('it does not begin as gzip does');
  let at = 10;
  if (flags & 4) at += 2 + (gzip[at] ?? 0) + (gzip[at + 1] ?? 0) * 256;
  for (const text of [8, 16]) if (flags & text) at = gzip.indexOf(0, at) + 1 || gzip.byteLength;
  return flags & 2 ? at + 2 : at;
}

function readBlock(bits: BitReader, out: Output): void {
  const type = bits.read(2);
  if (type === 0) for (const byte of bits.stored()) put(out, byte);
  else if (type === 1) readCodes(bits, out, fixedLengths, fixedDistances);
  else if (type === 2) readCodes(bits, out, ...readTables(bits));
  else throw new GzipError('a block is of no known type');
}

function put(out: Output, byte: number): void {
  if (out.length === out.bytes.byteLength) throw new GzipError(`it has more than ${out.length} bytes`, true);
  out.bytes[out.length] = byte;
  out.length += 1;
}

function readCodes(bits: BitReader, out: Output, lengths: Huffman, distances: Huffman): void {
  for (let symbol = readSymbol(bits, lengths); symbol !== 256; symbol = readSymbol(bits, lengths)) {
    if (symbol < 256) {
      put(out, symbol);
      continue;
    }
    const length = extended(bits, symbol - 257, lengthBase, lengthExtra);
    const distance = extended(bits, readSymbol(bits, distances), distanceBase, distanceExtra);
    if (distance > out.length) throw new GzipError('it refers to before its beginning');
    for (let i = 0; i < length; i++) put(out, out.bytes[out.length - distance] ?? 0);
  }
}

function extended(bits: BitReader, symbol: number, base: readonly number[], extra: readonly number[]): number {
  const from = base[symbol];
  if (from === undefined) throw new GzipError('a code has no meaning');
  return from + bits.read(extra[symbol] ?? 0);
}

function readTables(bits: BitReader): [Huffman, Huffman] {
  const [lengthCount, distanceCount, codeCount] = [bits.read(5) + 257, bits.read(5) + 1, bits.read(4) + 4];
  const codeLengths = new Array<number>(19).fill(0);
  for (const place of codeOrder.slice(0, codeCount)) codeLengths[place] = bits.read(3);
  const codes = huffmanOf(codeLengths);
  const all: number[] = [];
  while (all.length < lengthCount + distanceCount) {
    const symbol = readSymbol(bits, codes);
    const repeats =
      symbol < 16 ? 1 : symbol === 16 ? 3 + bits.read(2) : symbol === 17 ? 3 + bits.read(3) : 11 + bits.read(7);
    const value = symbol < 16 ? symbol : symbol === 16 ? all.at(-1) : 0;
    if (value === undefined) throw new GzipError('a table repeats nothing');
    for (let i = 0; i < repeats; i++) all.push(value);
  }
  if (all.length !== lengthCount + distanceCount) throw new GzipError('a table is too long');
  return [huffmanOf(all.slice(0, lengthCount)), huffmanOf(all.slice(lengthCount))];
}
