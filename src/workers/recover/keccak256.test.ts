import assert from 'node:assert/strict';
import { it } from 'node:test';
import { keccak_256 } from '@noble/hashes/sha3';
import { keccak256 } from './keccak256.js';

it('is the same hash, whoever computes it', () => {
  for (const length of [0, 1, 64, 135, 136, 137, 330, 5_000]) {
    const bytes = new Uint8Array(length).fill(length);
    assert.deepEqual(new Uint8Array(keccak256(bytes)), keccak_256(bytes));
  }
});
