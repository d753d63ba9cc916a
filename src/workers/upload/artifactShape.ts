// Checks the shape of uploads while they stream past: lengths, ELF header, the layout of SP1Stdin. Holds a few bytes, never the input.
// Layouts: bincode 1.3 of the SDK's types (little-endian, u64 lengths).
import { MalformedError } from '../malformed.js';

export interface Shape {
  /** Throws MalformedError as soon as the bytes cannot be of this kind. */
  push(bytes: Uint8Array): void;
  /** Throws MalformedError when something is missing. */
  end(): void;
}

/** No upload is longer, so a longer announced length is malformed and cannot overflow a sum. 2^48. */
const absurdLength = 2 ** 48;

export const shapeOf = (kind: 'program' | 'stdin'): Shape =>
  kind === 'program' ? new ProgramShape() : new StdinShape();

/** Collects a field of fixed size that may be split over pieces. */
class FixedField {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #have = 0;

  constructor(readonly sizeBytes: number) {
    this.#bytes = new Uint8Array(sizeBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get isPartial(): boolean {
    return this.#have > 0;
  }

  /** Takes what it needs of `piece` from `at` on. Answers the field when it is whole, and how much it took. */
  take(piece: Uint8Array, at: number): { taken: number; field: DataView | undefined } {
    const taken = Math.min(this.sizeBytes - this.#have, piece.byteLength - at);
    this.#bytes.set(piece.subarray(at, at + taken), this.#have);
    this.#have += taken;
    if (this.#have < this.sizeBytes) return { taken, field: undefined };
    this.#have = 0;
    return { taken, field: this.#view };
  }
}

function lengthIn(field: DataView): number {
  const length = field.getUint32(0, true) + field.getUint32(4, true) * 2 ** 32;
  if (length > absurdLength) throw new MalformedError('a length in it is larger than any upload');
  return length;
}

/** u64 length ‖ little-endian RISC-V executable, 32-bit (SP1 5) or 64-bit (SP1 6), of exactly that length. */
class ProgramShape implements Shape {
  readonly #head = new FixedField(8 + 64);
  #expectedBytes: number | undefined;
  #seenBytes = 0;

  push(bytes: Uint8Array): void {
    if (this.#expectedBytes === undefined) {
      const { field } = this.#head.take(bytes, 0);
      if (field !== undefined) this.#expectedBytes = 8 + checkedElfLength(field);
    }
    this.#seenBytes += bytes.byteLength;
    if (this.#seenBytes > (this.#expectedBytes ?? Number.POSITIVE_INFINITY)) {
      throw new MalformedError('it is longer than the length at its start says');
    }
  }

  end(): void {
    if (this.#expectedBytes === undefined) throw new MalformedError('it is too short for an ELF');
    if (this.#seenBytes < this.#expectedBytes)
      throw new MalformedError('it is shorter than the length at its start says');
  }
}

/** `head`: the length and the ELF's first 64 bytes. What is read here lies at the same place in both classes (System V ABI, chapter 4). */
function checkedElfLength(head: DataView): number {
  const length = lengthIn(head);
  const elf = 8;
  if (head.getUint32(elf, false) !== 0x7f454c46) throw new MalformedError('no ELF follows the length at its start');
  const elfClass = head.getUint8(elf + 4);
  // Both are stored. Which one a program may have is decided by its verifying key, when it is registered.
  if (elfClass !== 1 && elfClass !== 2) throw new MalformedError('the ELF has an unknown class');
  if (head.getUint8(elf + 5) !== 1) throw new MalformedError('the ELF is not little-endian');
  if (head.getUint16(elf + 16, true) !== 2) throw new MalformedError('the ELF is not an executable');
  if (head.getUint16(elf + 18, true) !== 243) throw new MalformedError('the ELF is not for RISC-V');
  return length;
}

type StdinPart = 'bufferCount' | 'bufferLength' | 'pointer' | 'proofCount' | 'end' | 'proofs';

/**
 * u64 n ‖ n × (u64 length ‖ bytes) ‖ u64 pointer ‖ u64 m ‖ m proofs. Proofs differ between SP1 versions and pass unread here. The engine
 * that executes reads them before anything is proved: to exactly the last byte (engine/src/stdin.rs), and each must hold
 * (engine/src/deferred.rs). Otherwise the request ends with ARTIFACT_MALFORMED.
 */
class StdinShape implements Shape {
  readonly #number = new FixedField(8);
  #part: StdinPart = 'bufferCount';
  #buffers = 0;
  #buffersLeft = 0;
  #skipBytes = 0;

  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.byteLength) {
      if (this.#part === 'proofs') return;
      if (this.#part === 'end') throw new MalformedError('something follows the end of the stdin');
      if (this.#skipBytes > 0) {
        const skipped = Math.min(this.#skipBytes, bytes.byteLength - at);
        this.#skipBytes -= skipped;
        at += skipped;
        continue;
      }
      const { taken, field } = this.#number.take(bytes, at);
      at += taken;
      if (field !== undefined) this.#read(lengthIn(field));
    }
  }

  end(): void {
    const isWhole =
      this.#skipBytes === 0 && !this.#number.isPartial && (this.#part === 'end' || this.#part === 'proofs');
    if (!isWhole) throw new MalformedError('the stdin ends in the middle');
  }

  #read(value: number): void {
    if (this.#part === 'bufferCount') {
      this.#buffers = value;
      this.#buffersLeft = value;
      this.#part = value > 0 ? 'bufferLength' : 'pointer';
    } else if (this.#part === 'bufferLength') {
      this.#skipBytes = value;
      this.#buffersLeft -= 1;
      if (this.#buffersLeft === 0) this.#part = 'pointer';
    } else if (this.#part === 'pointer') {
      if (value > this.#buffers) throw new MalformedError('the stdin points behind its last buffer');
      this.#part = 'proofCount';
    } else this.#part = value === 0 ? 'end' : 'proofs';
  }
}
