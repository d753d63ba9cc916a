// ELFs with the segments that a test asks for, as an SDK uploads them: no code that could run, but headers that are whole.
import { u64 } from './sampleArtifacts.js';

export interface SampleSegment {
  readonly address: bigint;
  readonly bytes: Uint8Array;
  readonly memoryBytes: bigint;
  /** PT_LOAD (1) by default. */
  readonly type?: number;
}

const headerBytes = 64;
const programHeaderBytes = 56;

/** A 64-bit RISC-V executable, its segments one after the other behind the headers. */
export function elf64(segments: readonly SampleSegment[]): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(243, 18);
  header.writeBigUInt64LE(BigInt(headerBytes), 32);
  header.writeUInt16LE(programHeaderBytes, 54);
  header.writeUInt16LE(segments.length, 56);
  let offset = headerBytes + segments.length * programHeaderBytes;
  const table = segments.map(({ address, bytes, memoryBytes, type = 1 }) => {
    const entry = Buffer.alloc(programHeaderBytes);
    entry.writeUInt32LE(type, 0);
    entry.writeBigUInt64LE(BigInt(offset), 8);
    entry.writeBigUInt64LE(address, 16);
    entry.writeBigUInt64LE(BigInt(bytes.byteLength), 32);
    entry.writeBigUInt64LE(memoryBytes, 40);
    offset += bytes.byteLength;
    return entry;
  });
  return Buffer.concat([header, ...table, ...segments.map(({ bytes }) => bytes)]);
}

/** The SDK's program artifact. */
export const programOf = (elf: Uint8Array): Buffer => Buffer.concat([u64(elf.byteLength), elf]);

/** A 32-bit one, for SP1 5. */
export function elf32(fillBytes = 100): Buffer {
  const bytes = Buffer.alloc(64 + fillBytes);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  bytes.writeUInt16LE(2, 16);
  bytes.writeUInt16LE(243, 18);
  return bytes;
}

const dataAt = 0x78010000n;
/** `.data` of an odd number of half-words with `.bss` behind it in one segment: what linkers make of most guests with statics. */
const data = (words: number) => ({ address: dataAt, bytes: Buffer.alloc(4 * words, 0xab), memoryBytes: 64n });

/** Affected by the loader change of SDK 6.8.1. */
export const affectedElf = elf64([data(3)]);
/** The same data, a half-word longer. */
export const unaffectedElf = elf64([data(4)]);
