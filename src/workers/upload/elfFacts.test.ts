// ELF facts, read from headers that may be hostile, and the trap of SDK 6.8.1 compared with both of its loaders.
import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import {
  affectedElf,
  elf32,
  elf64,
  programOf,
  type SampleSegment,
  unaffectedElf,
} from '../../testkit/artifacts/elf.js';
import { MalformedError } from '../malformed.js';
import { readElfFacts } from './elfFacts.js';

const folder = mkdtempSync(join(tmpdir(), 'elf-'));
after(() => rmSync(folder, { recursive: true }));

function factsOf(elf: Uint8Array) {
  const path = join(folder, 'elf');
  writeFileSync(path, programOf(elf));
  const fd = openSync(path, 'r');
  try {
    return readElfFacts((at, into) => void readSync(fd, into, 0, into.byteLength, at), 8, elf.byteLength);
  } finally {
    closeSync(fd);
  }
}

/** The memory image that SP1 6 makes (sp1-core-executor, disassembler/elf.rs), up to 6.8.0 or from 6.8.1 on. */
function imageOf(segments: readonly SampleSegment[], sdk: 'old' | 'new'): Record<string, bigint> {
  const image: Record<string, bigint> = {};
  for (const { address, bytes, memoryBytes, type = 1 } of segments) {
    if (type !== 1) continue;
    for (let at = address; at < address + memoryBytes; at += 4n) {
      const word = String(at - (at % 8n));
      const offset = Number(at - address);
      if (offset >= bytes.byteLength) {
        image[word] = sdk === 'old' ? 0n : (image[word] ?? 0n);
        continue;
      }
      const half = Buffer.alloc(4);
      half.set(bytes.subarray(offset, offset + 4));
      image[word] = (image[word] ?? 0n) + (BigInt(half.readUInt32LE()) << (8n * (at % 8n)));
    }
  }
  return image;
}

/** In order and apart from each other, as SP1 demands. Words are often zero, gaps often small. */
const anySegments = fc
  .array(
    fc.record({
      gap: fc.nat(3),
      bytes: fc.array(fc.oneof(fc.constant(0), fc.constant(7)), { maxLength: 19 }),
      fill: fc.nat(13),
      type: fc.constantFrom(1, 1, 1, 4),
    }),
    { maxLength: 5 },
  )
  .map((parts) => {
    let next = 0x78000000n;
    return parts.map(({ gap, bytes, fill, type }): SampleSegment => {
      const address = next + BigInt(4 * gap);
      const memoryBytes = BigInt(bytes.length + fill);
      next = address + 4n * ((memoryBytes + 3n) / 4n);
      return { address, bytes: Uint8Array.from(bytes), memoryBytes, type };
    });
  });

describe('the facts of an ELF', () => {
  it('check 18: tell an affected ELF from an unaffected one by headers alone', () => {
    assert.deepEqual(factsOf(affectedElf), { class: 64, zeroFillTrap: true });
    assert.deepEqual(factsOf(unaffectedElf), { class: 64, zeroFillTrap: false });
  });

  it('say that it is affected exactly when the two loaders disagree', () => {
    fc.assert(
      fc.property(anySegments, (segments) => {
        let differs = true;
        try {
          assert.deepEqual(imageOf(segments, 'old'), imageOf(segments, 'new'));
          differs = false;
        } catch {
          // They make different images of it.
        }
        assert.equal(factsOf(elf64(segments)).zeroFillTrap, differs);
      }),
      { numRuns: 500 },
    );
  });

  it('are those of every example that ships', () => {
    const names = readdirSync('examples', { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.elf'),
    );
    assert.ok(names.length >= 5);
    for (const name of names)
      assert.deepEqual(factsOf(readFileSync(join('examples', name))), { class: 64, zeroFillTrap: false }, name);
  });

  it('of a 32-bit one are its class', () => {
    assert.deepEqual(factsOf(elf32()), { class: 32, zeroFillTrap: false });
  });

  it('are not looked for behind the end, nor without a bound', () => {
    const refused = (change: (elf: Buffer) => void, pattern: RegExp) => {
      const elf = Buffer.from(affectedElf);
      change(elf);
      assert.throws(
        () => factsOf(elf),
        (thrown) => thrown instanceof MalformedError && pattern.test(thrown.problem),
      );
    };
    refused((elf) => elf.writeUInt16LE(257, 56), /more than 256/);
    refused((elf) => elf.writeUInt16LE(0xffff, 56), /more than 256/);
    refused((elf) => elf.writeUInt16LE(32, 54), /unknown size/);
    const end = affectedElf.byteLength;
    for (const offset of [BigInt(end - 55), 2n ** 63n, 2n ** 64n - 1n])
      refused((elf) => elf.writeBigUInt64LE(offset, 32), /behind its end/);
    // Where the bytes of its one segment are said to lie. Only its third half-word is looked at.
    for (const offset of [BigInt(end - 11), 2n ** 63n, 2n ** 64n - 1n])
      refused((elf) => elf.writeBigUInt64LE(offset, 64 + 8), /behind its end/);
    // Addresses at the end of all memory overflow nothing.
    const highest = elf64([{ address: 2n ** 64n - 4n, bytes: Buffer.alloc(4, 1), memoryBytes: 2n ** 64n - 1n }]);
    assert.equal(factsOf(highest).zeroFillTrap, false);
  });
});
