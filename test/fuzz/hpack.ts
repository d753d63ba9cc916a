// Header blocks in the plainest form of HPACK (RFC 7541): literal, not indexed, without Huffman coding, so that any name and value goes.

/** An integer with a prefix of seven bits, whose first bit is 0. */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

const text = (value: string) => {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([integer(bytes.byteLength), bytes]);
};

export const headerBlockOf = (fields: ReadonlyArray<readonly [string, string]>): Buffer =>
  Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
