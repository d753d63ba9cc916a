// JSON as it arrives, in pieces cut anywhere: tokens are asked for one by one, and nothing is kept but what is asked for. It takes exactly what
// serde_json takes. A scanner for a body of hundreds of megabytes, most of which are arrays of small numbers.
import { MalformedError } from '../malformed.js';

/** As serde_json: deeper values are refused. */
const maxDepth = 128;
/** No key or name that is known is longer. What follows is checked and dropped. */
const keptTextBytes = 64;

/** A step of a scan: it yields when it needs the next piece. */
export type Scan<T = void> = Generator<undefined, T, undefined>;

const code = (character: string) => character.charCodeAt(0);
const quote = code('"');
const backslash = code('\\');
const comma = code(',');
const minus = code('-');
const plus = code('+');
const point = code('.');
const [zero, nine] = [code('0'), code('9')];
const escapes = new Map([...'"\\/bfnrt'].map((letter) => [code(letter), code(JSON.parse(`"\\${letter}"`) as string)]));

const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isDigit = (byte: number) => byte >= zero && byte <= nine;

export class JsonScanner {
  #piece: Uint8Array = new Uint8Array(0);
  #at = 0;
  #hasEnded = false;
  readonly #out = new Uint8Array(64 * 1024);
  readonly #scan: Scan;

  constructor(document: (scanner: JsonScanner) => Scan) {
    this.#scan = document(this);
  }

  /** Scans what the piece allows. Throws MalformedError, or what the document's steps throw. */
  push(piece: Uint8Array): void {
    this.#piece = piece;
    this.#at = 0;
    // One that has ended looks at nothing more: only space may follow.
    if (this.#scan.next().done && this.#at < piece.byteLength) throw malformed('something follows its end');
  }

  /** No piece follows. Throws MalformedError unless the document is whole. */
  end(): void {
    this.#hasEnded = true;
    this.#piece = new Uint8Array(0);
    this.#at = 0;
    if (!this.#scan.next().done) throw malformed('it ends in the middle');
  }

  /** The next byte that is no space, without taking it. */
  *peek(): Scan<number> {
    for (;;) {
      while (this.#at < this.#piece.byteLength) {
        const byte = this.#piece[this.#at] as number;
        if (!isSpace(byte)) return byte;
        this.#at += 1;
      }
      yield* this.#more();
    }
  }

  /** Takes this character, after spaces. */
  *expect(character: string): Scan {
    if ((yield* this.peek()) !== code(character)) throw malformed(`"${character}" is missing`);
    this.#at += 1;
  }

  /** Only spaces are left. */
  *expectEnd(): Scan {
    while (!this.#hasEnded) {
      while (this.#at < this.#piece.byteLength) {
        if (!isSpace(this.#piece[this.#at] as number)) throw malformed('something follows its end');
        this.#at += 1;
      }
      yield;
    }
  }

  /** An object: `member` is given each key, cut to what any known key can be, and takes the value. */
  *object(member: (key: string) => Scan): Scan {
    yield* this.expect('{');
    if ((yield* this.peek()) === code('}')) return yield* this.expect('}');
    for (;;) {
      const key = yield* this.text();
      yield* this.expect(':');
      yield* member(key);
      if ((yield* this.peek()) !== comma) return yield* this.expect('}');
      this.#at += 1;
    }
  }

  /** An array: `element` takes each value. */
  *array(element: () => Scan): Scan {
    yield* this.expect('[');
    if ((yield* this.peek()) === code(']')) return yield* this.expect(']');
    for (;;) {
      yield* element();
      if ((yield* this.peek()) !== comma) return yield* this.expect(']');
      this.#at += 1;
    }
  }

  /** An array of numbers from 0 to 255. Their bytes go to `emit`, which copies them. */
  *bytes(emit: (bytes: Uint8Array) => void): Scan {
    yield* this.expect('[');
    if ((yield* this.peek()) === code(']')) return yield* this.expect(']');
    const out = this.#out;
    let length = 0;
    /** Of the number under way: its value, or −1 before its first digit. */
    let value = -1;
    /** A space has ended the number. */
    let isOver = false;
    for (;;) {
      const piece = this.#piece;
      const end = piece.byteLength;
      let at = this.#at;
      for (; at < end; at += 1) {
        const byte = piece[at] as number;
        if (byte >= zero && byte <= nine && !isOver) {
          if (value === 0) throw malformed('a number in it begins with 0');
          value = value < 0 ? byte - zero : value * 10 + byte - zero;
          if (value > 255) throw malformed('a number in it is larger than a byte');
        } else if (byte === comma && value >= 0) {
          out[length++] = value;
          if (length === out.length) {
            emit(out);
            length = 0;
          }
          value = -1;
          isOver = false;
        } else if (isSpace(byte)) isOver = value >= 0;
        else if (byte === code(']') && value >= 0) {
          out[length++] = value;
          emit(out.subarray(0, length));
          this.#at = at + 1;
          return;
        } else throw malformed('an array of bytes in it holds something else than numbers from 0 to 255');
      }
      this.#at = at;
      // The piece may be gone by the next one, but what was read of it is not.
      yield* this.#more();
    }
  }

  /** A whole number from 0 to 2^64 − 1. */
  *u64(): Scan<bigint> {
    let digits = '';
    if (!isDigit(yield* this.peek())) throw malformed('a whole number is missing');
    let after = yield* this.#next();
    for (; after !== undefined && isDigit(after); after = yield* this.#next()) {
      this.#at += 1;
      digits += String.fromCharCode(after);
      if (digits.length > 20) throw malformed('a number in it is larger than a u64');
    }
    if (after === point || after === code('e') || after === code('E')) throw malformed('a number in it is not whole');
    if (digits.length > 1 && digits.startsWith('0')) throw malformed('a number in it begins with 0');
    const value = BigInt(digits);
    if (value >= 2n ** 64n) throw malformed('a number in it is larger than a u64');
    return value;
  }

  /** A string, cut to what any known one can be. */
  *text(): Scan<string> {
    yield* this.expect('"');
    const kept: number[] = [];
    const decoder = new Utf8();
    const keep = (unit: number) => {
      if (kept.length < keptTextBytes) kept.push(unit);
    };
    for (;;) {
      const byte = yield* this.#take();
      if (byte >= 0x80 || decoder.isInside) decoder.take(byte);
      else if (byte === quote) return String.fromCharCode(...kept);
      else if (byte < 0x20) throw malformed('a string in it holds a control character');
      if (byte !== backslash || decoder.isInside) keep(byte >= 0x80 ? 0xfffd : byte);
      else keep(yield* this.#escape());
    }
  }

  /** Any value, which is checked and dropped. */
  *skip(depth = 1): Scan {
    if (depth > maxDepth) throw malformed(`it is nested deeper than ${maxDepth}`);
    const byte = yield* this.peek();
    if (byte === code('{')) return yield* this.object(() => this.skip(depth + 1));
    if (byte === code('[')) return yield* this.array(() => this.skip(depth + 1));
    if (byte === quote) return void (yield* this.text());
    if (byte === minus || isDigit(byte)) return yield* this.#number();
    for (const literal of ['true', 'false', 'null']) if (byte === code(literal)) return yield* this.literal(literal);
    throw malformed('a value is missing');
  }

  *literal(literal: string): Scan {
    yield* this.peek();
    for (const character of literal)
      if ((yield* this.#take()) !== code(character)) throw malformed(`${literal} is missing`);
  }

  *#escape(): Scan<number> {
    const letter = yield* this.#take();
    const plain = escapes.get(letter);
    if (plain !== undefined) return plain;
    if (letter !== code('u')) throw malformed('a string in it has an unknown escape');
    const unit = yield* this.#hex4();
    if (unit >= 0xdc00 && unit <= 0xdfff) throw malformed('a string in it has half a character');
    if (unit < 0xd800 || unit > 0xdbff) return unit;
    if ((yield* this.#take()) !== backslash || (yield* this.#take()) !== code('u'))
      throw malformed('a string in it has half a character');
    const low = yield* this.#hex4();
    if (low < 0xdc00 || low > 0xdfff) throw malformed('a string in it has half a character');
    // No known text has such characters: one that is none of its letters stands for them.
    return 0xfffd;
  }

  *#hex4(): Scan<number> {
    let digits = '';
    for (let i = 0; i < 4; i += 1) digits += String.fromCharCode(yield* this.#take());
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw malformed('a string in it has an unknown escape');
    return Number.parseInt(digits, 16);
  }

  /** A number of any form. */
  *#number(): Scan {
    if ((yield* this.#next()) === minus) this.#at += 1;
    const first = yield* this.#next();
    const digits = yield* this.#digits();
    if (first === zero && digits > 1) throw malformed('a number in it begins with 0');
    if ((yield* this.#next()) === point) {
      this.#at += 1;
      yield* this.#digits();
    }
    const exponent = yield* this.#next();
    if (exponent !== code('e') && exponent !== code('E')) return;
    this.#at += 1;
    const sign = yield* this.#next();
    if (sign === plus || sign === minus) this.#at += 1;
    yield* this.#digits();
  }

  /** At least one. Answers how many. */
  *#digits(): Scan<number> {
    let count = 0;
    for (let byte = yield* this.#next(); byte !== undefined && isDigit(byte); byte = yield* this.#next()) {
      this.#at += 1;
      count += 1;
    }
    if (count === 0) throw malformed('a digit is missing');
    return count;
  }

  /** The next byte without taking it. Undefined at the end. */
  *#next(): Scan<number | undefined> {
    while (this.#at >= this.#piece.byteLength) {
      if (this.#hasEnded) return undefined;
      yield;
    }
    return this.#piece[this.#at];
  }

  *#take(): Scan<number> {
    while (this.#at >= this.#piece.byteLength) yield* this.#more();
    return this.#piece[this.#at++] as number;
  }

  *#more(): Scan {
    if (this.#hasEnded) throw malformed('it ends in the middle');
    yield;
  }
}

/** Checks that bytes are UTF-8, one by one (Unicode 15, table 3-7). */
class Utf8 {
  #left = 0;
  #least = 0x80;
  #most = 0xbf;

  get isInside(): boolean {
    return this.#left > 0;
  }

  take(byte: number): void {
    if (this.#left > 0) {
      if (byte < this.#least || byte > this.#most) throw malformed('it is not UTF-8');
      this.#left -= 1;
      this.#least = 0x80;
      this.#most = 0xbf;
      return;
    }
    if (byte < 0xc2 || byte > 0xf4) throw malformed('it is not UTF-8');
    this.#left = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (byte === 0xe0) this.#least = 0xa0;
    if (byte === 0xed) this.#most = 0x9f;
    if (byte === 0xf0) this.#least = 0x90;
    if (byte === 0xf4) this.#most = 0x8f;
  }
}

const malformed = (problem: string) => new MalformedError(problem);
