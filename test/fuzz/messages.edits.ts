// Ways to spoil the bytes of a protobuf message, as data: each is applied to whatever the ones before it have left.
import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';

/** `at` counts fields (or bytes, for `splice` and `cut`) and wraps around. Bytes are in hex, numbers beyond 2^53 in decimal. */
export type MessageEdit =
  | { readonly op: 'drop'; readonly at: number }
  | { readonly op: 'repeat'; readonly at: number; readonly times: number }
  /** The field keeps its number and becomes a varint, or bytes. */
  | { readonly op: 'varint'; readonly at: number; readonly value: string }
  | { readonly op: 'bytes'; readonly at: number; readonly hex: string }
  | { readonly op: 'text'; readonly at: number; readonly text: string }
  /** Its payload stays, its tag says something else. */
  | { readonly op: 'tag'; readonly at: number; readonly number: number; readonly wire: number }
  /** Its length says something else. */
  | { readonly op: 'lie'; readonly at: number; readonly length: string }
  /** A field more, of any number and type. */
  | { readonly op: 'insert'; readonly at: number; readonly number: number; readonly wire: number; readonly hex: string }
  | { readonly op: 'splice'; readonly at: number; readonly remove: number; readonly hex: string }
  | { readonly op: 'cut'; readonly at: number }
  /** Groups in groups, closed or not. */
  | { readonly op: 'groups'; readonly number: number; readonly depth: number; readonly closed: boolean };

/** Somewhat more than the service reads; the rest would only take time. */
const mostRepeatedBytes = 20_000;

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const unhex = (text: string) => Buffer.from(text, 'hex');

export function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

const tagOf = (number: number, wire: number) => varint((BigInt(number) << 3n) | BigInt(wire));
const lengthDelimited = (number: number, payload: Uint8Array) =>
  Buffer.concat([tagOf(number, 2), varint(BigInt(payload.byteLength)), payload]);

interface Field {
  readonly number: number;
  readonly wire: number;
  /** Without the tag; of bytes, without their length. */
  readonly payload: Buffer;
  readonly whole: Buffer;
}

/** The fields as far as they can be read, and the rest. */
function fieldsOf(bytes: Buffer): { fields: Field[]; rest: Buffer } {
  const reader = new BinaryReader(bytes);
  const fields: Field[] = [];
  let start = 0;
  try {
    while (reader.pos < reader.len) {
      const [number, wire] = reader.tag();
      const valueAt = reader.pos;
      const payload = wire === 2 ? Buffer.from(reader.bytes()) : skipped(reader, bytes, valueAt, wire, number);
      fields.push({ number, wire, payload, whole: bytes.subarray(start, reader.pos) });
      start = reader.pos;
    }
  } catch {
    // What cannot be read is left as it is.
  }
  return { fields, rest: bytes.subarray(start) };
}

function skipped(reader: BinaryReader, bytes: Buffer, valueAt: number, wire: WireType, number: number): Buffer {
  reader.skip(wire, number);
  return bytes.subarray(valueAt, reader.pos);
}

export const applyEdits = (bytes: Uint8Array, edits: readonly MessageEdit[]): Buffer =>
  edits.reduce<Buffer>(applyEdit, Buffer.from(bytes));

function applyEdit(bytes: Buffer, edit: MessageEdit): Buffer {
  if (edit.op === 'cut') return bytes.subarray(0, edit.at % (bytes.byteLength + 1));
  if (edit.op === 'splice') {
    const at = edit.at % (bytes.byteLength + 1);
    return Buffer.concat([bytes.subarray(0, at), unhex(edit.hex), bytes.subarray(at + edit.remove)]);
  }
  if (edit.op === 'groups') {
    const tags = (wire: number, count: number) => Buffer.from(hex(tagOf(edit.number, wire)).repeat(count), 'hex');
    const open = tags(3, edit.depth);
    const close = tags(4, edit.closed ? edit.depth : 0);
    return Buffer.concat([bytes, open, close]);
  }
  const { fields, rest } = fieldsOf(bytes);
  const at = edit.at % (fields.length + (edit.op === 'insert' ? 1 : 0) || 1);
  const wholes = fields.map(({ whole }) => whole);
  const field = fields[at];
  if (edit.op === 'insert') {
    const payload = unhex(edit.hex);
    wholes.splice(
      at,
      0,
      edit.wire === 2 ? lengthDelimited(edit.number, payload) : Buffer.concat([tagOf(edit.number, edit.wire), payload]),
    );
  } else if (field !== undefined) wholes.splice(at, 1, ...instead(field, edit));
  return Buffer.concat([...wholes, rest]);
}

function instead(field: Field, edit: MessageEdit): Buffer[] {
  const { number, payload, whole } = field;
  switch (edit.op) {
    case 'drop':
      return [];
    case 'repeat':
      return Array.from({ length: Math.min(edit.times, Math.ceil(mostRepeatedBytes / whole.byteLength)) }, () => whole);
    case 'varint':
      return [Buffer.concat([tagOf(number, 0), varint(BigInt(edit.value))])];
    case 'bytes':
      return [lengthDelimited(number, unhex(edit.hex))];
    case 'text':
      return [lengthDelimited(number, Buffer.from(edit.text))];
    case 'tag':
      return [Buffer.concat([tagOf(edit.number, edit.wire), payload])];
    case 'lie':
      return [Buffer.concat([tagOf(number, 2), varint(BigInt(edit.length)), payload])];
    default:
      return [whole];
  }
}

const at = fc.nat(40);
/** Of messages here, of messages to come, and none. */
const fieldNumber = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 45 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1_000, 18_999, 2 ** 29 - 1, 2 ** 29, 2 ** 31) },
);
const wire = fc.nat(7);
const number64 = fc
  .oneof(
    fc.bigInt(0n, 300n),
    fc.constantFrom(
      ...[31n, 32n, 53n, 63n, 64n, 70n].flatMap((bits) => [2n ** bits - 1n, 2n ** bits, 2n ** bits + 1n]),
    ),
    fc.bigInt(0n, 2n ** 64n - 1n),
  )
  .map(String);
export const someHex = fc
  .oneof(
    { weight: 4, arbitrary: fc.uint8Array({ maxLength: 80 }) },
    // The lengths of addresses, ids, signatures and keys, and their neighbours.
    {
      weight: 4,
      arbitrary: fc
        .constantFrom(0, 1, 19, 20, 21, 31, 32, 33, 64, 65, 66, 103, 104, 105)
        .chain((length) => fc.uint8Array({ minLength: length, maxLength: length })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.integer({ min: 80, max: 8_000 }), fc.nat(255)).map(([n, b]) => Buffer.alloc(n, b)),
    },
  )
  .map(hex);
/** Control characters, half pairs, what looks like a path, a URI or a number, and the very long. */
export const someText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom(
    '',
    '0',
    '-1',
    '1e9',
    '18446744073709551616',
    'sp1-v5.0.0',
    'sp1-v6.1.0',
    '__proto__',
    '\u0000',
    '%',
    '%00',
  ),
  fc.constantFrom(
    'artifact://',
    `artifact://${'0'.repeat(64)}`,
    `artifact://${'../'.repeat(20)}etc/passwd`,
    's3://b/c',
  ),
  fc.integer({ min: 100, max: 8_000 }).map((length) => 'y'.repeat(length)),
);

export const messageEdit: fc.Arbitrary<MessageEdit> = fc.oneof(
  fc.record({ op: fc.constant('drop' as const), at }),
  fc.record({
    op: fc.constant('repeat' as const),
    at,
    times: fc.oneof(fc.constant(2), fc.integer({ min: 2, max: 200 })),
  }),
  fc.record({ op: fc.constant('varint' as const), at, value: number64 }),
  fc.record({ op: fc.constant('bytes' as const), at, hex: someHex }),
  fc.record({ op: fc.constant('text' as const), at, text: someText }),
  fc.record({ op: fc.constant('tag' as const), at, number: fieldNumber, wire }),
  fc.record({ op: fc.constant('lie' as const), at, length: number64 }),
  fc.record({ op: fc.constant('insert' as const), at, number: fieldNumber, wire, hex: someHex }),
  fc.record({ op: fc.constant('splice' as const), at: fc.nat(600), remove: fc.nat(20), hex: someHex }),
  fc.record({ op: fc.constant('cut' as const), at: fc.nat(600) }),
  fc.record({
    op: fc.constant('groups' as const),
    number: fc.integer({ min: 1, max: 30 }),
    depth: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(3_000)),
    closed: fc.boolean(),
  }),
);
