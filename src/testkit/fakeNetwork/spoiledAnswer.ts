// Answers as no present network gives them: ids that lack a byte, enums of a later schema, fields that nobody knows.
import { type DescMessage, fromBinary, type Message, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

type Fields = Message & Record<string, unknown>;
type Spoil = (field: DescMessage['fields'][number], value: unknown) => unknown;

const unknownNumber = 99;
const unknownField = 1_999;
const idLengths = new Set([20, 32]);

/** F25: every id and hash has a byte too few. */
export const shortened = (schema: DescMessage, bytes: Uint8Array): Uint8Array =>
  changed(schema, bytes, (_, value) =>
    value instanceof Uint8Array && idLengths.has(value.byteLength) ? value.subarray(1) : value,
  );

/** F26. */
export const newer = (schema: DescMessage, bytes: Uint8Array): Uint8Array => {
  const message = changed(schema, bytes, (field, value) => (field.enum === undefined ? value : unknownNumber));
  const more = new BinaryWriter().tag(unknownField, WireType.LengthDelimited).string('of a later day').finish();
  return Buffer.concat([message, more]);
};

function changed(schema: DescMessage, bytes: Uint8Array, spoil: Spoil): Uint8Array {
  const message = fromBinary(schema, bytes) as Fields;
  walk(schema, message, spoil);
  return toBinary(schema, message);
}

function walk(schema: DescMessage, message: Fields, spoil: Spoil): void {
  for (const field of schema.fields) {
    const value = message[field.localName];
    if (value === undefined) continue;
    const inner = field.message;
    if (inner === undefined) message[field.localName] = Array.isArray(value) ? value : spoil(field, value);
    else for (const each of Array.isArray(value) ? value : [value]) walk(inner, each as Fields, spoil);
  }
}
