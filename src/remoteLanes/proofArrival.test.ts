// A proof that comes from another machine: in order, and no longer than a proof can be.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FailureError } from '../failures/failureError.js';
import { sampleArtifactId } from '../testkit/sampleIds.js';
import { temporaryFolder } from '../testkit/temporaryFolder.js';
import { ProofArrival } from './proofArrival.js';

const withCode = (code: string) => (error: unknown) => error instanceof FailureError && error.failure.code === code;

function arrival(limitBytes: number) {
  const path = join(temporaryFolder('arrival'), 'proof');
  let tooLong = 0;
  const output = { id: sampleArtifactId(), kind: 'proof', path } as const;
  const proof = new ProofArrival(output, limitBytes, () => void tooLong++, Promise.resolve());
  return { proof, path, tooLong: () => tooLong };
}

test('a stream without an end is ended at the limit, and what has come of it is removed', async () => {
  const { proof, path, tooLong } = arrival(25);
  await proof.write(0, Buffer.from('0123456789'));
  await proof.write(10, Buffer.from('0123456789'));
  await assert.rejects(proof.write(20, Buffer.from('0123456789')), withCode('LEASE_LOST'));
  assert.equal(tooLong(), 1);
  await proof.discard();
  assert.equal(existsSync(path), false);
  await assert.rejects(proof.write(20, Buffer.from('1')), withCode('LEASE_LOST'));
  assert.equal(await proof.finish(), undefined);
});

test('two pieces at once are refused, and a file that is finished takes no more', async () => {
  const { proof, path } = arrival(100);
  const first = proof.write(0, Buffer.from('one'));
  await assert.rejects(proof.write(3, Buffer.from('two')), withCode('MALFORMED_REQUEST'));
  await first;
  await assert.rejects(proof.write(4, Buffer.from('gap')), withCode('MALFORMED_REQUEST'));
  await proof.write(3, Buffer.from('two'));
  assert.equal((await proof.finish())?.sizeBytes, 6);
  await assert.rejects(proof.write(6, Buffer.from('more')), withCode('LEASE_LOST'));
  assert.equal(readFileSync(path, 'utf8'), 'onetwo');
});
