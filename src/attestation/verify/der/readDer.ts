// A strict reader of DER: one-byte tags, definite and minimal lengths, no byte left over. Views, never copies.

export interface DerValue {
  readonly tag: number;
  /** Without tag and length. */
  readonly content: Uint8Array;
  /** With them: names are compared, and signatures made, over these. */
  readonly raw: Uint8Array;
}

/** Inside of the parsers only: each of them says in its own words, and by its own code, what could not be read. */
export class DerError extends Error {}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  context0: 0xa0,
  context3: 0xa3,
} as const;

/** Reads the value that begins at `at`; what follows it begins at `end`. */
function readAt(bytes: Uint8Array, at: number): { value: DerValue; end: number } {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) throw new DerError('it ends within a value');
  if ((tag & 0x1f) === 0x1f) throw new DerError('a tag has more than one byte');
  const { length, start } = first < 0x80 ? { length: first, start: at + 2 } : longLength(bytes, at + 1, first);
  const end = start + length;
  if (end > bytes.byteLength) throw new DerError('a length reaches beyond the end');
  return { value: { tag, content: bytes.subarray(start, end), raw: bytes.subarray(at, end) }, end };
}

function longLength(bytes: Uint8Array, at: number, first: number): { length: number; start: number } {
  const count = first & 0x7f;
  if (count === 0) throw new DerError('a length is indefinite');
  if (count > 3) throw new DerError('a length has more than three bytes');
  let length = 0;
  for (let i = 1; i <= count; i++) length = length * 256 + (bytes[at + i] ?? 0);
  const least = count === 1 ? 0x80 : 2 ** (8 * (count - 1));
  if (length < least) throw new DerError('a length is not in its shortest form');
  return { length, start: at + 1 + count };
}

/** The one value that `bytes` are, with nothing behind it. */
export function readOnly(bytes: Uint8Array, tag: number): DerValue {
  const { value, end } = readAt(bytes, 0);
  if (end !== bytes.byteLength) throw new DerError('bytes follow its end');
  return expectTag(value, tag);
}

/** All values that a constructed one holds. */
export function childrenOf(value: DerValue): DerValue[] {
  const children: DerValue[] = [];
  for (let at = 0; at < value.content.byteLength; ) {
    const { value: child, end } = readAt(value.content, at);
    children.push(child);
    at = end;
  }
  return children;
}

/** Those of one that holds just so many. */
export function exactly(value: DerValue, count: number): DerValue[] {
  const children = childrenOf(value);
  if (children.length !== count) throw new DerError(`a value holds ${children.length} others, not ${count}`);
  return children;
}

export function expectTag(value: DerValue | undefined, tag: number): DerValue {
  if (value === undefined) throw new DerError('a value is missing');
  if (value.tag !== tag) throw new DerError(`a value has tag ${value.tag} where ${tag} belongs`);
  return value;
}
