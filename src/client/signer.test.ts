import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recoverAddress } from '../workers/recover.worker.js';
import { ClientError } from './errors.js';
import { createSigner } from './signer.js';

const keyOf = (n: number) => n.toString(16).padStart(64, '0');
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

// Signatures that sp1-sdk itself made; keys 1, 2 and 4 cover both parities.
const artifactVectors = [
  [
    1,
    '7e5f4552091a69125d5dfcb7b8c2659029395bdf',
    '9a9ea789e9b02294f1bffd36f8ad6f66db8dd6f9ad5ec2bae28fa85bfac982a5397c14e81616a392631893c2a3bb1f0c96574edead943e3a54a09128f495747d36',
  ],
  [
    2,
    '2b5ad5c4795c026514f8317c7a215e218dccd6cf',
    '18cd3c6041b54a9b14342688d546bfde45a2604819c7c67e8eec876bb0a0afca7d03143d17bcd1423f072c6125db32c446e5c2deb0b1954865c604c4a1d7fd4d36',
  ],
  [
    4,
    '1eff47bc3a10a45d4b230b5d10e37751fe6aa718',
    '4fb5c859dba6aa7e2b6202a8501bf6dc798a3f31dc76c20a39fe025f274bcacb400582ebeaf89393256989e8322581ba4dbf6ef2e23906fcd974c618b84fca0337',
  ],
] as const;

test('CreateArtifact is signed as the SDK signs it, v 54 or 55', () => {
  for (const [key, address, signature] of artifactVectors) {
    const signer = createSigner(keyOf(key));
    assert.equal(signer.address, address);
    assert.equal(hex(signer.signArtifactCreation()), signature);
  }
});

test('a RequestProof body is signed as the SDK signs it, v 27 or 28', () => {
  const body = Buffer.from(
    '08071220000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f1a0a7370312d76362e312e3020022801321b687474703a2f2f682f6172746966616374732f737464696e2f61313880a4a7da0640ffffffffffffffffff0148ffffffffffffffffff016001',
    'hex',
  );
  const signature = createSigner(keyOf(1)).sign(body);
  assert.equal(
    hex(signature),
    '6681b08204db2a0986006d8803c15d831711be970d01d35dd8cf8eff1233a1dd63ad1381a3d9cd9b4df7368f94672afc319c974ffc80c25faa3d7f4d07cd54bb1c',
  );
});

test('the service recovers the signer from both kinds of signature', () => {
  const signer = createSigner(`0x${keyOf(77)}`);
  const message = Buffer.from('a body');
  assert.equal(recoverAddress({ message, signature: signer.sign(message) }), signer.address);
  const artifact = { message: Buffer.from('create_artifact'), signature: signer.signArtifactCreation() };
  assert.equal(recoverAddress(artifact), signer.address);
});

test('a key that is none is refused, and is not repeated', () => {
  for (const key of ['', 'ab', keyOf(0), 'f'.repeat(64), `${keyOf(1)}00`]) {
    assert.throws(
      () => createSigner(key),
      (error: unknown) =>
        error instanceof ClientError &&
        error.failure.code === 'KEY_INVALID' &&
        (key === '' || !error.message.includes(key)),
    );
  }
});
