import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClientError } from './errors.js';
import { encodeProofFile, parseProofFile } from './proofFile.js';

const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value: number) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
const sized = (bytes: Uint8Array) => Buffer.concat([u64(bytes.length), bytes]);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

/** A served proof whose body holds the digest as SP1 does: one field element a byte, or a number. */
function served(mode: number, publicValues: Uint8Array, noise: Uint8Array = Buffer.alloc(0)): Buffer {
  const digest = sha256(publicValues);
  const number = Buffer.from(digest);
  number[0] = (number[0] ?? 0) & 0x1f;
  const committed =
    mode < 2
      ? Buffer.concat([...digest].map(u32))
      : sized(Buffer.from(BigInt(`0x${number.toString('hex')}`).toString()));
  return Buffer.concat([u32(mode), noise, committed, noise, sized(publicValues), sized(Buffer.from('v6.1.0'))]);
}

test('mode, version and public values of every mode, with and without the trailing byte', () => {
  const values = Buffer.from('public');
  for (const [mode, name] of ['core', 'compressed', 'plonk', 'groth16'].entries()) {
    const bytes = served(mode, values);
    for (const file of [bytes, Buffer.concat([bytes, Buffer.of(0)])]) {
      const proof = parseProofFile(file);
      assert.deepEqual([proof.mode, proof.version], [name, 'v6.1.0']);
      assert.deepEqual(Buffer.from(proof.publicValues), values);
      assert.equal(proof.publicValuesHash, sha256(values).toString('hex'));
      assert.ok(bytes.equals(proof.served));
      assert.ok(Buffer.concat([bytes, Buffer.of(0)]).equals(encodeProofFile(proof)));
    }
  }
});

test('public values that look like lengths are found all the same', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(0, 1, 8, 16), { maxLength: 40 }),
      fc.uint8Array({ maxLength: 64 }),
      (values, noise) => {
        const publicValues = Uint8Array.from(values);
        const file = served(0, publicValues, noise);
        assert.deepEqual(Buffer.from(parseProofFile(file).publicValues), Buffer.from(publicValues));
        const expected = sha256(publicValues).toString('hex');
        assert.deepEqual(Buffer.from(parseProofFile(file, expected).publicValues), Buffer.from(publicValues));
      },
    ),
  );
});

test('what is no proof file is refused with its problem', () => {
  const proof = served(1, Buffer.from('x'));
  const broken = Buffer.from(proof);
  broken.writeUInt8(broken.readUInt8(20) ^ 1, 20);
  const cases: [Uint8Array, string][] = [
    [Buffer.alloc(0), 'it does not begin with the mode of a proof'],
    [Buffer.from('<html>not found</html>'), 'it does not begin with the mode of a proof'],
    [proof.subarray(0, -3), 'it does not end with a version such as v6.1.0'],
    [broken, 'no public values that the proof commits to are in it'],
  ];
  for (const [file, problem] of cases) {
    assert.throws(
      () => parseProofFile(file),
      (error: unknown) => {
        assert.ok(error instanceof ClientError);
        assert.deepEqual(error.failure, { code: 'PROOF_MALFORMED', problem });
        return true;
      },
    );
  }
});
