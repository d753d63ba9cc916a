import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Address, VkHash } from '../ids.js';
import { vectorKey } from '../testkit/world/scriptedSigner.js';
import { vkHashOfProgramVKey } from './programVKey.js';
import { encodeAddresses, encodeSecondFactor, encodeSecondFactorError, secondFactorDigest } from './secondFactor.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('T57: a second factor has the bytes of the vectors', () => {
  const vkey = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
  const vkHash = vkHashOfProgramVKey(vkey) as VkHash;
  const publicValues = Buffer.from('f4010000', 'hex');
  const digest = secondFactorDigest(vkHash, publicValues);
  assert.equal(hex(digest), '543b9aa7017e990ae9abecb0a1a28cf41b15da5cd0b33f791ae702acadc760d6');
  assert.equal(
    hex(encodeSecondFactor({ signature: vectorKey.sign(digest), vkHash, publicValues })),
    `00000000${vkey}0400000000000000f4010000725118d32664175e7bd5665e3137f2be440835a55c6cff154c09351d05b7e11875e2ab9cdf60f453ac3409f79600edd4a411d367e44da908f0f7ea06018468401b`,
  );
  const fibonacci = '5bf1424e632abfd17cb0ffd37d26c69240d22974306943e60f3a713a3a7306ec' as VkHash;
  const ofFibonacci = secondFactorDigest(fibonacci, Buffer.from('140000006d1a0000c22a0000', 'hex'));
  assert.equal(hex(ofFibonacci), 'a6646b798dc12b5b60b1947e12e447f1311ee8c44ca6daf07026d46a83ecfa24');
  assert.match(
    hex(vectorKey.sign(ofFibonacci)),
    /^7d29be6062441693e495222c2eb314cb5a552aa96f548e912f6f9db715d9d584134647469ddfa8c4bbbca4f50f7da02eca2bb15c11164dce294dbc8fd052f67b1b$/,
  );
  assert.equal(hex(encodeSecondFactorError('no')), '0100000002000000000000006e6f');
  assert.equal(
    hex(encodeAddresses(['11'.repeat(20) as Address])),
    `01000000000000001400000000000000${'11'.repeat(20)}`,
  );
});
