// Frames of the real program, in any pieces, and hostile ones.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { bomb, stdinFrames } from '../../testkit/zstd/frames.js';
import { MalformedError } from '../malformed.js';
import { ZstdDecoder } from './decoder.js';

const bytesOf = (...parts: (Uint8Array | readonly number[])[]) => Buffer.concat(parts.map((part) => Buffer.from(part)));
const magic = [0x28, 0xb5, 0x2f, 0xfd];
/** Descriptor without content size, window of 2 MiB. */
const plainHeader = [...magic, 0x00, 0x58];
const blockHeader = (type: number, sizeBytes: number, isLast: boolean) => {
  const word = (sizeBytes << 3) | (type << 1) | Number(isLast);
  return [word & 255, (word >> 8) & 255, word >> 16];
};

async function decode(frame: Uint8Array, pieceBytes = frame.byteLength) {
  const hash = createHash('sha256');
  let madeBytes = 0;
  const decoder = new ZstdDecoder((bytes) => {
    hash.update(bytes);
    madeBytes += bytes.byteLength;
  });
  try {
    for (let at = 0; at < frame.byteLength; at += pieceBytes) await decoder.push(frame.subarray(at, at + pieceBytes));
    await decoder.end();
  } finally {
    decoder.close();
  }
  return { madeBytes, sha256: hash.digest('hex') };
}

const refusal = (pattern: RegExp) => (thrown: unknown) =>
  thrown instanceof MalformedError && pattern.test(thrown.problem);

describe('zstd', () => {
  for (const { name, bytes, rawBytes, sha256 } of stdinFrames) {
    it(`decodes a frame: ${name}`, async () => {
      assert.deepEqual(await decode(bytes), { madeBytes: rawBytes, sha256 });
    });

    it(`decodes it in pieces of any size: ${name}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 3000 }), async (pieceBytes) => {
          assert.equal((await decode(bytes, pieceBytes)).sha256, sha256);
        }),
        { numRuns: 12 },
      );
      assert.equal((await decode(bytes, 1)).sha256, sha256);
    });

    it(`refuses it cut off anywhere: ${name}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 4, max: bytes.byteLength - 1 }), async (keptBytes) => {
          await assert.rejects(decode(bytes.subarray(0, keptBytes)), refusal(/cut off/));
        }),
        { numRuns: 50 },
      );
    });

    it(`refuses what follows it: ${name}`, async () => {
      const skippable = [0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0];
      for (const more of [[0], bytes, skippable]) {
        await assert.rejects(decode(bytesOf(bytes, more)), refusal(/follows/));
      }
    });

    it(`meets any damage with a refusal or some bytes, never with another error: ${name}`, async () => {
      const damage = fc.array(fc.tuple(fc.nat(bytes.byteLength - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(damage, async (changes) => {
          const damaged = bytes.slice();
          for (const [at, value] of changes) damaged[at] = value;
          await decode(damaged).catch((thrown) => assert.ok(thrown instanceof MalformedError, String(thrown)));
        }),
        { numRuns: 300 },
      );
    });
  }

  it('stops a bomb when the receiver refuses more, with what the receiver threw', async () => {
    const limit = new Error('enough');
    let seenBytes = 0;
    const decoder = new ZstdDecoder((bytes) => {
      seenBytes += bytes.byteLength;
      if (seenBytes > 1_000_000) throw limit;
    });
    await assert.rejects(decoder.push(bomb.bytes), limit);
    decoder.close();
    assert.ok(seenBytes < 1_300_000, `${seenBytes} bytes were made`);
  });

  it('decodes the same bomb for a receiver that takes it', async () => {
    assert.equal((await decode(bomb.bytes)).madeBytes, bomb.rawBytes);
  });

  it('refuses windows above 8 MiB, with and without a window field', async () => {
    await assert.rejects(decode(bytesOf(magic, [0x00, 0x69], blockHeader(0, 0, true))), refusal(/window/));
    const singleSegmentOf1GiB = [...magic, 0xa0, 0, 0, 0, 0x40];
    await assert.rejects(decode(bytesOf(singleSegmentOf1GiB, blockHeader(0, 0, true))), refusal(/window/));
    const exactly8MiB = bytesOf(magic, [0x00, 0x68], blockHeader(0, 3, true), [1, 2, 3]);
    assert.equal((await decode(exactly8MiB)).madeBytes, 3);
  });

  it('refuses dictionaries, reserved bits, unknown and oversized blocks', async () => {
    const cases: [Uint8Array, RegExp][] = [
      [bytesOf(magic, [0x01, 0x58, 7], blockHeader(0, 0, true)), /dictionary/],
      [bytesOf(magic, [0x08, 0x58], blockHeader(0, 0, true)), /reserved/],
      [bytesOf(plainHeader, blockHeader(3, 0, true)), /unknown type/],
      [bytesOf(plainHeader, blockHeader(1, 128 * 1024 + 1, true), [7]), /too large/],
      [bytesOf(magic, [0x20, 5], blockHeader(1, 6, true), [7]), /too large/],
      [bytesOf(magic, [0x20, 5], blockHeader(1, 4, true), [7]), /corrupt/],
    ];
    for (const [frame, pattern] of cases) await assert.rejects(decode(frame), refusal(pattern));
  });

  it('ends at once on a block whose sequences promise gigabytes', async () => {
    // 60,000 sequences of one match of 131,074 bytes each, in 120 KB: some decoders work on it for minutes.
    const count = 60_000;
    const section = [0x00, 255, (count - 0x7f00) & 255, (count - 0x7f00) >> 8, 0x54, 0, 0, 52];
    const stream = new Uint8Array(count * 2 + 1).fill(255, 0, count * 2).fill(1, count * 2);
    const block = bytesOf(section, stream);
    await assert.rejects(
      decode(bytesOf(plainHeader, blockHeader(2, block.byteLength, true), block)),
      refusal(/corrupt/),
    );
  });
});
