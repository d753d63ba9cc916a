// The sequences section of a compressed zstd block (RFC 8878, section 3.1.1.3.2): copies literals and earlier output into place.
import { backwardStart, bitsAt, buildFseTable, corrupt, type FseTable, readFseTable, rleTable } from './entropy.js';

/** By code: what a length starts at and how many bits are added to it. RFC 8878, tables 16 and 17. */
const literalBits = Uint8Array.of(
  ...Array<number>(16).fill(0),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
);
const matchBits = Uint8Array.of(
  ...Array<number>(32).fill(0),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
);
const literalBase = baselines(literalBits, 0);
const matchBase = baselines(matchBits, 3);

/** Each code starts where the one before it ends. */
function baselines(bits: Uint8Array, first: number): Uint32Array {
  const base = new Uint32Array(bits.length);
  let next = first;
  bits.forEach((width, code) => {
    base[code] = next;
    next += 2 ** width;
  });
  return base;
}

/** RFC 8878, 3.1.1.3.2.2: the distributions a block may name instead of describing its own. */
const predefined = {
  literal: buildFseTable(
    Int16Array.of(
      4,
      3,
      2,
      2,
      2,
      2,
      2,
      2,
      2,
      2,
      2,
      2,
      2,
      1,
      1,
      1,
      2,
      2,
      2,
      2,
      2,
      2,
      2,
      2,
      2,
      3,
      2,
      1,
      1,
      1,
      1,
      1,
      -1,
      -1,
      -1,
      -1,
    ),
    6,
  ),
  offset: buildFseTable(
    Int16Array.of(1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1),
    5,
  ),
  match: buildFseTable(
    Int16Array.of(
      ...[1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
      ...[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1],
    ),
    6,
  ),
};

/** An offset of more bits reaches further back than any window that `frame.ts` lets through. */
const maxOffsetBits = 24;

type Field = keyof typeof predefined;
const limitsOf: Record<Field, { maxLog: number; maxSymbol: number }> = {
  literal: { maxLog: 9, maxSymbol: 35 },
  offset: { maxLog: 8, maxSymbol: 31 },
  match: { maxLog: 9, maxSymbol: 52 },
};

/** Output so far: `bytes[0..end)` may be copied from; the block is appended at `end` and stays below `limit`. */
export interface History {
  readonly bytes: Uint8Array;
  readonly end: number;
  readonly limit: number;
}

/** Runs the sequences of a frame's blocks; keeps the tables and the three last offsets, which later blocks may use again. */
export class Sequences {
  #tables: Partial<Record<Field, FseTable>> = {};
  #recent: [number, number, number] = [1, 4, 8];

  /** Appends one block to the history and returns the new end. `start` to `end` is the section in `block`. */
  run(block: Uint8Array, start: number, end: number, literals: Uint8Array, history: History): number {
    let at = start;
    let count = block[at++] as number;
    if (start >= end) throw corrupt();
    if (count === 255) {
      count = (block[at] as number) + ((block[at + 1] as number) << 8) + 0x7f00;
      at += 2;
    } else if (count > 127) count = ((count - 128) << 8) + (block[at++] as number);
    let out = history.end;
    let literal = 0;
    if (count === 0) {
      if (at !== end) throw corrupt();
    } else {
      const modes = block[at++] as number;
      if (modes & 3) throw corrupt();
      at = this.#readTable('literal', modes >> 6, block, at, end);
      at = this.#readTable('offset', (modes >> 4) & 3, block, at, end);
      at = this.#readTable('match', (modes >> 2) & 3, block, at, end);
      ({ out, literal } = this.#execute(block, at, end, count, literals, history));
    }
    const restBytes = literals.byteLength - literal;
    if (out + restBytes > history.limit) throw corrupt();
    history.bytes.set(literals.subarray(literal), out);
    return out + restBytes;
  }

  #readTable(field: Field, mode: number, block: Uint8Array, at: number, end: number): number {
    const { maxLog, maxSymbol } = limitsOf[field];
    if (mode === 0) this.#tables[field] = predefined[field];
    else if (mode === 1) {
      const symbol = block[at] as number;
      if (at >= end || symbol > maxSymbol) throw corrupt();
      this.#tables[field] = rleTable(symbol);
      return at + 1;
    } else if (mode === 2) {
      const { table, next } = readFseTable(block, at, end, maxLog, maxSymbol);
      this.#tables[field] = table;
      return next;
    } else if (this.#tables[field] === undefined) throw corrupt();
    return at;
  }

  #execute(
    block: Uint8Array,
    start: number,
    end: number,
    count: number,
    literals: Uint8Array,
    history: History,
  ): { out: number; literal: number } {
    const { literal: ll, offset: of, match: ml } = this.#tables as Record<Field, FseTable>;
    const bytes = history.bytes;
    const floor = start * 8;
    let at = backwardStart(block, start, end);
    // Reads below the floor give wrong bits, which do no harm before the check at the end of each sequence.
    const take = (width: number): number => {
      at -= width;
      return at >= floor ? bitsAt(block, at) & ((1 << width) - 1) : 0;
    };
    let llState = take(ll.log);
    let ofState = take(of.log);
    let mlState = take(ml.log);
    let out = history.end;
    let literal = 0;
    for (let i = 1; i <= count; i++) {
      const offsetBits = of.symbol[ofState] as number;
      const matchCode = ml.symbol[mlState] as number;
      const literalCode = ll.symbol[llState] as number;
      if (offsetBits > maxOffsetBits) throw corrupt();
      const offsetValue = (1 << offsetBits) + take(offsetBits);
      const matchBytes = (matchBase[matchCode] as number) + take(matchBits[matchCode] as number);
      const literalBytes = (literalBase[literalCode] as number) + take(literalBits[literalCode] as number);
      if (i < count) {
        llState = (ll.base[llState] as number) + take(ll.bits[llState] as number);
        mlState = (ml.base[mlState] as number) + take(ml.bits[mlState] as number);
        ofState = (of.base[ofState] as number) + take(of.bits[ofState] as number);
      }
      const offset = this.#offset(offsetValue, literalBytes);
      if (at < floor || literal + literalBytes > literals.byteLength) throw corrupt();
      if (out + literalBytes + matchBytes > history.limit) throw corrupt();
      copy(literals, literal, bytes, out, literalBytes);
      literal += literalBytes;
      out += literalBytes;
      if (offset > out) throw corrupt();
      // A match may overlap what it makes, which only a forward byte-wise copy repeats.
      if (offset >= matchBytes) copy(bytes, out - offset, bytes, out, matchBytes);
      else if (offset === 1) bytes.fill(bytes[out - 1] as number, out, out + matchBytes);
      else for (let j = out; j < out + matchBytes; j++) bytes[j] = bytes[j - offset] as number;
      out += matchBytes;
    }
    if (at !== floor) throw corrupt();
    return { out, literal };
  }

  /** Values 1 to 3 name a recent offset (shifted by one when no literals come before the match); others are new. */
  #offset(value: number, literalBytes: number): number {
    const recent = this.#recent;
    if (value > 3) {
      this.#recent = [value - 3, recent[0], recent[1]];
      return value - 3;
    }
    const index = literalBytes === 0 ? value : value - 1;
    if (index === 0) return recent[0];
    const offset = index === 3 ? recent[0] - 1 : (recent[index as 1 | 2] as number);
    if (offset === 0) throw corrupt();
    this.#recent = index === 1 ? [offset, recent[0], recent[2]] : [offset, recent[0], recent[1]];
    return offset;
  }
}

/** Short copies are most of them, and a call costs more than they do. The ranges do not overlap. */
function copy(from: Uint8Array, fromAt: number, to: Uint8Array, toAt: number, length: number): void {
  if (length <= 24) for (let i = 0; i < length; i++) to[toAt + i] = from[fromAt + i] as number;
  else to.set(from.subarray(fromAt, fromAt + length), toAt);
}
