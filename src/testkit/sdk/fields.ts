// Messages by field number, as prost writes and reads them: written without our own generated code, so that tests meet the wire and
// not the same mistake twice.
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Integers and enums are bigint. An array is a repeated field. Undefined is an absent one. */
type Value = bigint | boolean | string | Uint8Array | readonly Uint8Array[] | Present | undefined;

/** A field with presence, written even when it holds its default. */
interface Present {
  readonly present: bigint | boolean | string | Uint8Array;
}

export const some = (present: Present['present']): Present => ({ present });

/** Ascending by number. Defaults are left out. */
export function message(fields: Readonly<Record<number, Value>>): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (Array.isArray(value)) for (const each of value as readonly Uint8Array[]) write(writer, Number(number), each);
    else if (typeof value === 'object' && 'present' in value) write(writer, Number(number), value.present);
    else if (!isDefault(value as Present['present'])) write(writer, Number(number), value as Present['present']);
  }
  return writer.finish();
}

const isDefault = (value: Present['present']) =>
  value === 0n || value === false || value === '' || (value instanceof Uint8Array && value.byteLength === 0);

function write(writer: BinaryWriter, number: number, value: Present['present']): void {
  if (typeof value === 'bigint') writer.tag(number, WireType.Varint).uint64(value);
  else if (typeof value === 'boolean') writer.tag(number, WireType.Varint).bool(value);
  else if (typeof value === 'string') writer.tag(number, WireType.LengthDelimited).string(value);
  else writer.tag(number, WireType.LengthDelimited).bytes(value);
}

/** What a client's schema has under a number. Like prost it skips numbers it does not know, and fails on another wire type. */
export type Kind = 'varint' | 'length';

export class Fields {
  readonly #values = new Map<number, (bigint | Uint8Array)[]>();

  constructor(bytes: Uint8Array, kinds: Readonly<Record<number, Kind>>) {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [number, wireType] = reader.tag();
      const kind = kinds[number];
      if (kind === undefined) {
        reader.skip(wireType, number);
        continue;
      }
      if (wireType !== (kind === 'varint' ? WireType.Varint : WireType.LengthDelimited)) {
        throw new Error(`failed to decode Protobuf message: field ${number}: invalid wire type ${WireType[wireType]}`);
      }
      const found = this.#values.get(number) ?? [];
      this.#values.set(number, found);
      found.push(kind === 'varint' ? BigInt(reader.uint64()) : reader.bytes());
    }
  }

  has(number: number): boolean {
    return this.#values.has(number);
  }

  /** 0 when absent. */
  number(number: number): bigint {
    return (this.#values.get(number)?.at(-1) as bigint | undefined) ?? 0n;
  }

  /** Empty when absent. */
  bytes(number: number): Uint8Array {
    return (this.#values.get(number)?.at(-1) as Uint8Array | undefined) ?? new Uint8Array();
  }

  text(number: number): string {
    return Buffer.from(this.bytes(number)).toString();
  }

  hex(number: number): string {
    return Buffer.from(this.bytes(number)).toString('hex');
  }

  all(number: number): readonly Uint8Array[] {
    return (this.#values.get(number) as Uint8Array[] | undefined) ?? [];
  }
}
