// What the headers of an uploaded ELF say: its class, and whether its verifying key depends on the SDK that made it. Reads at most
// the program headers and four bytes a segment. Offsets from the System V ABI, chapters 4 and 5.
import type { ElfFacts } from '../../store/buckets.js';
import { MalformedError } from '../malformed.js';

/** SP1's own loader takes no more (sp1-core-executor 6.10.0, disassembler/elf.rs). */
const maxProgramHeaders = 256;
const headerBytes = 64;
const programHeaderBytes = 56;
const ptLoad = 1;

/** A part of the file that is loaded: `memoryBytes` at `address`, of which the first `fileBytes` come from `offset`. */
interface Segment {
  readonly offset: bigint;
  readonly address: bigint;
  readonly fileBytes: bigint;
  readonly memoryBytes: bigint;
}

/** Fills `into` from the bytes at `at`. */
type ReadAt = (at: number, into: Uint8Array) => void;

/** `sizeBytes` of ELF lie at `at`. Their header has been checked (`artifactShape.ts`). Throws MalformedError. */
export function readElfFacts(readAt: ReadAt, at: number, sizeBytes: number): ElfFacts {
  const read = (offset: bigint, length: number): DataView => {
    if (offset + BigInt(length) > BigInt(sizeBytes)) throw new MalformedError('a part of the ELF lies behind its end');
    const bytes = new Uint8Array(length);
    readAt(at + Number(offset), bytes);
    return new DataView(bytes.buffer);
  };
  const header = read(0n, headerBytes);
  // The trap is one of SP1 6. A 32-bit ELF is for SP1 5, and has its program headers elsewhere.
  if (header.getUint8(4) === 1) return { class: 32, zeroFillTrap: false };
  return { class: 64, zeroFillTrap: hasZeroFillTrap(segmentsOf(header, read), read) };
}

function segmentsOf(header: DataView, read: (offset: bigint, length: number) => DataView): Segment[] {
  const count = header.getUint16(56, true);
  if (count === 0) return [];
  if (count > maxProgramHeaders) throw new MalformedError(`the ELF has more than ${maxProgramHeaders} program headers`);
  if (header.getUint16(54, true) !== programHeaderBytes)
    throw new MalformedError('the ELF has program headers of an unknown size');
  const table = read(header.getBigUint64(32, true), count * programHeaderBytes);
  const segments: Segment[] = [];
  for (let at = 0; at < table.byteLength; at += programHeaderBytes) {
    if (table.getUint32(at, true) !== ptLoad) continue;
    segments.push({
      offset: table.getBigUint64(at + 8, true),
      address: table.getBigUint64(at + 16, true),
      fileBytes: table.getBigUint64(at + 32, true),
      memoryBytes: table.getBigUint64(at + 40, true),
    });
  }
  return segments;
}

/**
 * SP1 6 loads segments in steps of 4 bytes into words of 8. Up to 6.8.0 the first step behind the bytes of the file cleared its whole
 * word, with the bytes that had been loaded into the other half. From 6.8.1 on it leaves them.
 */
function hasZeroFillTrap(segments: readonly Segment[], read: (offset: bigint, length: number) => DataView): boolean {
  return segments.some((segment, index) => {
    const fillAt = segment.address + 4n * ((segment.fileBytes + 3n) / 4n);
    if (fillAt % 8n !== 4n || fillAt >= segment.address + segment.memoryBytes) return false;
    const half = fillAt - 4n;
    const loaded = segments.slice(0, index + 1).findLast((other) => loads(other, half));
    if (loaded === undefined) return false;
    const into = half - loaded.address;
    const rest = loaded.fileBytes - into;
    const bytes = read(loaded.offset + into, rest < 4n ? Number(rest) : 4);
    return new Uint8Array(bytes.buffer).some((byte) => byte !== 0);
  });
}

const loads = ({ address, fileBytes, memoryBytes }: Segment, at: bigint): boolean =>
  at >= address && at < address + (fileBytes < memoryBytes ? fileBytes : memoryBytes);
