// Valid uploads to be spoiled: programs and inputs, raw, in zstd frames of an encoder, and in frames of plain blocks made here.
import { affectedElf, elf64, programOf } from '../../src/testkit/artifacts/elf.js';
import { sampleProgram, sampleStdin } from '../../src/testkit/artifacts/sampleArtifacts.js';
import { bomb, stdinFrames } from '../../src/testkit/zstd/frames.js';

const magic = [0x28, 0xb5, 0x2f, 0xfd];
/** A window of 128 KiB; no content size, no checksum. */
const frameHeader = [...magic, 0, 0x38];

const blockHeader = (type: 0 | 1, sizeBytes: number, isLast: boolean) => {
  const word = (sizeBytes << 3) | (type << 1) | Number(isLast);
  return Buffer.from([word & 255, (word >> 8) & 255, word >> 16]);
};

/** Raw blocks, and repeated ones where a block is all the same byte (RFC 8878, 3.1.1.2). */
function framed(raw: Buffer, blockBytes: number): Buffer {
  const parts: Uint8Array[] = [Buffer.from(frameHeader)];
  for (let at = 0; at < raw.byteLength; at += blockBytes) {
    const block = raw.subarray(at, at + blockBytes);
    const isLast = at + blockBytes >= raw.byteLength;
    const isSame = block.every((byte) => byte === block[0]);
    parts.push(blockHeader(isSame ? 1 : 0, block.byteLength, isLast), isSame ? block.subarray(0, 1) : block);
  }
  return Buffer.concat(parts);
}

const program = programOf(elf64([{ address: 0x1000n, bytes: Buffer.alloc(40, 7), memoryBytes: 64n }]));
const stdin = sampleStdin(Buffer.alloc(10, 1), Buffer.alloc(0), Buffer.alloc(300, 2));

export const bodies = {
  program,
  'program of zeros': sampleProgram(70_000),
  'program with a trap': programOf(affectedElf),
  'program in small blocks': framed(program, 16),
  'program in one block': framed(programOf(affectedElf), 1_000),
  stdin,
  'stdin without buffers': sampleStdin(),
  'stdin in small blocks': framed(stdin, 9),
  'stdin in large blocks': framed(sampleStdin(Buffer.alloc(200_000, 3)), 128 * 1024),
  'stdin compressed': stdinFrames[0].bytes,
  'stdin compressed with checksum': stdinFrames[1].bytes,
  bomb: bomb.bytes,
} satisfies Record<string, Uint8Array>;

export type BodyName = keyof typeof bodies;
export const bodyNames = Object.keys(bodies) as BodyName[];
