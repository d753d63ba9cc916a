// Well-formed programs and stdins pass in any pieces. Every way to break them is refused by name.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { u64 } from '../../testkit/artifacts/sampleArtifacts.js';
import { MalformedError } from '../malformed.js';
import { shapeOf } from './artifactShape.js';

function problemOf(kind: 'program' | 'stdin', bytes: Uint8Array, pieceBytes = bytes.byteLength): string | undefined {
  const shape = shapeOf(kind);
  try {
    for (let at = 0; at < bytes.byteLength; at += pieceBytes) shape.push(bytes.subarray(at, at + pieceBytes));
    shape.end();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof MalformedError) return thrown.problem;
    throw thrown;
  }
}

function elf(change: (elf: Buffer) => void = () => undefined, extraBytes = 100): Buffer {
  const bytes = Buffer.alloc(64 + extraBytes);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  bytes.writeUInt16LE(2, 16);
  bytes.writeUInt16LE(243, 18);
  change(bytes);
  return bytes;
}

const program = (bytes: Buffer, length: number | bigint = bytes.byteLength) => Buffer.concat([u64(length), bytes]);

describe('the shape of a program', () => {
  it('is a length and a RISC-V executable of 32 or 64 bits, in pieces of any size', () => {
    for (const pieceBytes of [1, 7, 72, 1000]) {
      for (const elfClass of [1, 2])
        assert.equal(problemOf('program', program(elf((e) => e.writeUInt8(elfClass, 4))), pieceBytes), undefined);
    }
  });

  it('is refused with what is wrong with it', () => {
    const cases: [Buffer, RegExp][] = [
      [program(elf((e) => e.writeUInt8(0, 0))), /no ELF/],
      [elf(), /no ELF|larger than any/],
      [program(elf((e) => e.writeUInt8(3, 4))), /unknown class/],
      [program(elf((e) => e.writeUInt8(2, 5))), /little-endian/],
      [program(elf((e) => e.writeUInt16LE(3, 16))), /not an executable/],
      [program(elf((e) => e.writeUInt16LE(62, 18))), /RISC-V/],
      [program(elf(), 163), /longer/],
      [program(elf(), 165), /shorter/],
      [program(elf(), 10), /longer/],
      [program(elf(), 2n ** 64n - 1n), /larger than any/],
      [program(elf()).subarray(0, 71), /too short/],
      [Buffer.alloc(0), /too short/],
    ];
    for (const [bytes, pattern] of cases) assert.match(problemOf('program', bytes) ?? 'accepted', pattern);
  });
});

const stdin = (buffers: readonly Uint8Array[], pointer = 0, proofs = 0) =>
  Buffer.concat([
    u64(buffers.length),
    ...buffers.flatMap((buffer) => [u64(buffer.byteLength), buffer]),
    u64(pointer),
    u64(proofs),
  ]);

describe('the shape of a stdin', () => {
  const anyStdin = fc
    .array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 })
    .chain((buffers) => fc.nat(buffers.length).map((pointer) => stdin(buffers, pointer)));

  it('is whole exactly at its end, in pieces of any size', () => {
    fc.assert(
      fc.property(anyStdin, fc.integer({ min: 1, max: 50 }), (bytes, pieceBytes) => {
        assert.equal(problemOf('stdin', bytes, pieceBytes), undefined);
        assert.equal(
          problemOf('stdin', Buffer.concat([bytes, Buffer.of(0)]), pieceBytes),
          'something follows the end of the stdin',
        );
      }),
    );
  });

  it('is refused when cut off anywhere', () => {
    fc.assert(
      fc.property(anyStdin, fc.nat(), (bytes, cut) => {
        assert.equal(problemOf('stdin', bytes.subarray(0, cut % bytes.byteLength)), 'the stdin ends in the middle');
      }),
    );
  });

  it('may hold proofs, which are not read', () => {
    assert.equal(problemOf('stdin', Buffer.concat([stdin([], 0, 2), Buffer.from('anything')])), undefined);
  });

  it('has no length that overflows and no pointer behind its buffers', () => {
    assert.match(problemOf('stdin', Buffer.concat([u64(1), u64(2n ** 64n - 8n)])) ?? '', /larger than any/);
    assert.match(problemOf('stdin', u64(2n ** 63n)) ?? '', /larger than any/);
    assert.match(problemOf('stdin', stdin([Buffer.of(1)], 2)) ?? '', /points behind/);
  });
});
