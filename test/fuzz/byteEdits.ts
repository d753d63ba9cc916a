// Ways to spoil bytes that mean something, as data: each is applied to whatever the ones before it have left.
import fc from 'fast-check';

/** Places wrap around; from the end when negative. */
export type ByteEdit =
  | { readonly op: 'set'; readonly at: number; readonly value: number }
  /** A little-endian u64, as bincode has it. */
  | { readonly op: 'u64'; readonly at: number; readonly value: string }
  | { readonly op: 'insert'; readonly at: number; readonly hex: string }
  | { readonly op: 'remove'; readonly at: number; readonly count: number }
  | { readonly op: 'cut'; readonly at: number }
  /** A part once more, somewhere else. */
  | { readonly op: 'copy'; readonly from: number; readonly count: number; readonly at: number };

export const editBytes = (bytes: Uint8Array, edits: readonly ByteEdit[]): Buffer =>
  edits.reduce<Buffer>(editOnce, Buffer.from(bytes));

function editOnce(bytes: Buffer, edit: ByteEdit): Buffer {
  const place = (at: number, length = bytes.byteLength + 1) => ((at % length) + length) % length;
  const splice = (at: number, remove: number, insert: Uint8Array) =>
    Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
  switch (edit.op) {
    case 'set':
      return splice(place(edit.at), 1, Buffer.from([edit.value]));
    case 'u64': {
      const number = Buffer.alloc(8);
      number.writeBigUInt64LE(BigInt(edit.value));
      return splice(place(edit.at), 8, number);
    }
    case 'insert':
      return splice(place(edit.at), 0, Buffer.from(edit.hex, 'hex'));
    case 'remove':
      return splice(place(edit.at), edit.count, Buffer.alloc(0));
    case 'cut':
      return bytes.subarray(0, place(edit.at));
    case 'copy': {
      const from = place(edit.from);
      return splice(place(edit.at), 0, bytes.subarray(from, from + edit.count));
    }
  }
}

/** Most of the structure is at the beginning. */
const at = fc.oneof(
  { weight: 4, arbitrary: fc.nat(40) },
  { weight: 2, arbitrary: fc.nat(400) },
  { weight: 1, arbitrary: fc.nat(600_000) },
  { weight: 2, arbitrary: fc.integer({ min: -40, max: -1 }) },
);
const number64 = fc
  .oneof(
    fc.bigInt(0n, 300n),
    fc.constantFrom(
      ...[31n, 32n, 47n, 48n, 53n, 63n].flatMap((bits) => [2n ** bits - 1n, 2n ** bits]),
      2n ** 64n - 1n,
      2n ** 64n - 8n,
    ),
  )
  .map(String);

export const byteEdit: fc.Arbitrary<ByteEdit> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ op: fc.constant('set' as const), at, value: fc.nat(255) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('u64' as const),
      at: fc.oneof(
        fc.nat(10).map((n) => n * 8),
        at,
      ),
      value: number64,
    }),
  },
  fc.record({
    op: fc.constant('insert' as const),
    at,
    hex: fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  }),
  fc.record({
    op: fc.constant('remove' as const),
    at,
    count: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.nat(5_000)),
  }),
  fc.record({ op: fc.constant('cut' as const), at }),
  fc.record({
    op: fc.constant('copy' as const),
    from: at,
    count: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.nat(5_000)),
    at,
  }),
);
