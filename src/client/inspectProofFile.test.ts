import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { parseSha256, parseVkHash, type Sha256, type VkHash } from '../ids.js';
import { inspectProofFile } from './inspectProofFile.js';

const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value: number) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
const sized = (bytes: Uint8Array) => Buffer.concat([u64(bytes.length), bytes]);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

const values = Buffer.from('public');
const valuesHash = parseSha256(sha256(values)) as Sha256;
const words = [0x01020304, 0x7effffff, 3, 4, 5, 6, 7, 0x10000008];
const vkHash = parseVkHash(Buffer.from(Uint32Array.from(words).buffer).swap32()) as VkHash;
const other = parseVkHash('11'.repeat(32)) as VkHash;

const fileOf = (mode: number, proof: Uint8Array, version = 'v6.1.0') =>
  Buffer.concat([u32(mode), proof, sized(values), sized(Buffer.from(version)), Buffer.of(0)]);
const elements = (numbers: readonly number[]) => Buffer.concat(numbers.map(u32));
const digest = elements([...sha256(values)]);
const core = fileOf(0, digest);
const compressed = fileOf(1, Buffer.concat([digest, elements(words)]));

/** As SP1 packs a key's hash for a chain. */
const onChain = words.reduce((number, word) => (number << 31n) + BigInt(word), 0n);
const committed = sha256(values);
committed[0] = (committed[0] ?? 0) & 0x1f;
const inputs = [onChain, BigInt(`0x${committed.toString('hex')}`), 0n, 0n, 0n];
const wrapped = (mode: 2 | 3) => fileOf(mode, Buffer.concat(inputs.map((input) => sized(Buffer.from(`${input}`)))));

test('each kind says what it can about program and public values, and never that it is verified', () => {
  for (const file of [core, compressed, wrapped(2), wrapped(3)]) {
    const inspection = inspectProofFile(file, { vkHash, publicValuesHash: valuesHash });
    assert.equal(inspection.verified, false);
    assert.deepEqual([inspection.circuits, inspection.publicValuesMatch], ['holds', 'holds']);
    assert.equal(inspection.programMatches, inspection.mode === 'core' ? 'untold' : 'holds');
    assert.equal(inspection.vkHash, inspection.mode === 'plonk' || inspection.mode === 'groth16' ? vkHash : undefined);
  }
});

test('another program, other values and other circuits fail', () => {
  const wrongValues = parseSha256('22'.repeat(32)) as Sha256;
  for (const file of [compressed, wrapped(2), wrapped(3)]) {
    assert.equal(inspectProofFile(file, { vkHash: other }).programMatches, 'fails');
    assert.equal(inspectProofFile(file, { publicValuesHash: wrongValues }).publicValuesMatch, 'fails');
  }
  assert.equal(inspectProofFile(fileOf(0, digest, 'v5.0.0')).circuits, 'fails');
});

test('without anything to compare with, the program is untold', () => {
  assert.equal(inspectProofFile(compressed).programMatches, 'untold');
});

test('a number that is no key names no program', () => {
  for (const first of ['x', '', `${1n << 253n}`, '9'.repeat(78)]) {
    const rest = inputs.slice(1).map((input) => sized(Buffer.from(`${input}`)));
    const file = fileOf(3, Buffer.concat([sized(Buffer.from(first)), ...rest]));
    const { vkHash: named, programMatches } = inspectProofFile(file, { vkHash });
    assert.deepEqual([named, programMatches], [undefined, 'fails']);
  }
});
