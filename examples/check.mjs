// Checks the examples: each committed ELF is the one its manifest names, is laid out as SP1 wants it, and (given a
// folder with a fresh build) is what its source compiles to. Built-ins only: `node check.mjs [build folder]`.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
const built = process.argv[2];

const TEXT_BASE = 0x78000000;
const PAGE_BYTES = 4096;
const PT_LOAD = 1;
const [X, W, R] = [1, 2, 4];

/** The base opcodes of rv64im, the only ones these guests may hold: SP1 decodes each word of the executable segment. */
const OPCODES = new Set([0x03, 0x13, 0x17, 0x1b, 0x23, 0x33, 0x37, 0x3b, 0x63, 0x67, 0x6f, 0x73]);

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Everything that is wrong with the layout of an ELF, in words. */
function findLayoutFaults(elf) {
  const faults = [];
  const expect = (holds, fault) => holds || faults.push(fault);

  expect(elf.readUInt32BE(0) === 0x7f454c46, 'not an ELF file');
  expect(elf[4] === 2 && elf[5] === 1, 'not 64-bit little-endian');
  expect(elf.readUInt16LE(16) === 2 && elf.readUInt16LE(18) === 243, 'not a RISC-V executable');
  expect(elf.readBigUInt64LE(24) === BigInt(TEXT_BASE), `entry is not 0x${TEXT_BASE.toString(16)}`);

  const headersAt = Number(elf.readBigUInt64LE(32));
  const segments = Array.from({ length: elf.readUInt16LE(56) }, (_, i) => {
    const at = headersAt + 56 * i;
    const field = (offset) => Number(elf.readBigUInt64LE(at + offset));
    return {
      type: elf.readUInt32LE(at),
      flags: elf.readUInt32LE(at + 4),
      offset: field(8),
      address: field(16),
      fileBytes: field(32),
      memoryBytes: field(40),
    };
  });
  const flags = segments.map((segment) => segment.flags).join();
  expect(
    segments.every((segment) => segment.type === PT_LOAD),
    'has a segment that is not PT_LOAD',
  );
  expect(flags === [R | X, R, R | W].join(), 'segments are not text, read-only data, data');
  for (const { address, flags, offset, fileBytes, memoryBytes } of segments) {
    const name = `segment at 0x${address.toString(16)}`;
    expect(address % PAGE_BYTES === 0, `${name} does not start a page`);
    expect(fileBytes % 8 === 0 && memoryBytes % 8 === 0, `${name} does not end on a multiple of 8 bytes`);
    if ((flags & X) === 0) continue;
    expect(fileBytes === memoryBytes, `${name} is executable and has a part that is not in the file`);
    for (let at = 0; at < fileBytes; at += 4) {
      const word = elf.readUInt32LE(offset + at);
      expect(OPCODES.has(word & 0x7f), `not an instruction at 0x${(address + at).toString(16)}`);
    }
  }
  return faults;
}

function findFaults(name) {
  const folder = join(here, name);
  const manifest = JSON.parse(readFileSync(join(folder, 'example.json'), 'utf8'));
  const elf = readFileSync(join(folder, manifest.elf));
  const faults = findLayoutFaults(elf);
  if (manifest.name !== name) faults.push(`manifest has the name ${manifest.name}`);
  if (sha256(elf) !== manifest.elfSha256) faults.push(`manifest has another elfSha256; the ELF has ${sha256(elf)}`);

  const expected = readFileSync(join(folder, 'expected.hex'), 'utf8').trim();
  if (expected !== manifest.expectedPublicValues) faults.push('expected.hex and the manifest differ');

  const { input, inputFile } = manifest;
  if (input.kind === 'u32' && readFileSync(join(folder, inputFile)).readUInt32LE() !== input.value) {
    faults.push(`${inputFile} and the input of the manifest differ`);
  }

  if (built !== undefined) {
    const fresh = readFileSync(join(here, built, name, manifest.elf));
    if (!fresh.equals(elf)) {
      faults.push(`the source compiles to another ELF, ${sha256(fresh)} (same compiler as in the Makefile?)`);
    }
  }
  return { elf, faults };
}

const names = readdirSync(here).filter((name) => existsSync(join(here, name, 'example.json')));
for (const name of names) {
  const { elf, faults } = findFaults(name);
  console.log(`${faults.length === 0 ? 'ok   ' : 'FAULT'} ${sha256(elf)} ${name}`);
  for (const fault of faults) console.log(`      ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}
if (names.length === 0) throw new Error(`No example in ${here}.`);
