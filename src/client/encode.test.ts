import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { type ByteSource, encodeProgram, encodeStdin, u32Buffer } from './encode.js';
import type { SizedBody } from './http.js';

const folder = await mkdtemp(join(tmpdir(), 'sealed-encode-'));
after(() => rm(folder, { recursive: true }));

async function bytesOf(body: SizedBody): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body.open()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Reads an SP1Stdin back as bincode would. */
function decodeStdin(bytes: Buffer): Buffer[] {
  let at = 0;
  const u64 = () => {
    at += 8;
    return Number(bytes.readBigUInt64LE(at - 8));
  };
  const buffers = Array.from({ length: u64() }, () => {
    const length = u64();
    at += length;
    return bytes.subarray(at - length, at);
  });
  assert.deepEqual([u64(), u64(), at], [0, 0, bytes.length], 'ptr, proofs, end');
  return buffers;
}

test('a program is its length and its bytes', async () => {
  const body = await encodeProgram(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46));
  assert.equal(body.sizeBytes, 12);
  assert.equal((await bytesOf(body)).toString('hex'), '04000000000000007f454c46');
});

test('any buffers, from memory and from files, come back in their order', async () => {
  let files = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ bytes: fc.uint8Array({ maxLength: 200 }), onDisk: fc.boolean() }), { maxLength: 5 }),
      async (inputs) => {
        const sources = await Promise.all(
          inputs.map(async ({ bytes, onDisk }): Promise<ByteSource> => {
            if (!onDisk) return bytes;
            const path = join(folder, `${files++}`);
            await writeFile(path, bytes);
            return { path };
          }),
        );
        const body = await encodeStdin(sources);
        const sent = await bytesOf(body);
        assert.equal(sent.length, body.sizeBytes);
        assert.deepEqual(
          decodeStdin(sent).map((buffer) => buffer.toString('hex')),
          inputs.map(({ bytes }) => Buffer.from(bytes).toString('hex')),
        );
        assert.ok((await bytesOf(body)).equals(sent), 'a second attempt sends the same');
      },
    ),
    { numRuns: 30 },
  );
});

test('a file that grows after it was measured does not shift what follows', async () => {
  const path = join(folder, 'growing');
  await writeFile(path, 'abc');
  const body = await encodeStdin([{ path }]);
  await writeFile(path, 'abcdef');
  assert.equal((await bytesOf(body)).length, body.sizeBytes);
});

test('a u32 is four bytes, little-endian', () => {
  assert.deepEqual([...u32Buffer(0x01020304)], [4, 3, 2, 1]);
});
