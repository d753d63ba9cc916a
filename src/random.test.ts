import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Random, randomHex, systemRandom, uuidOf } from './random.js';

const counting: Random = { bytes: (count) => Uint8Array.from({ length: count }, (_, index) => 0xf0 + (index % 16)) };

describe('chance', () => {
  it('makes names in the form of RFC 4122, version 4, of the bytes that it is handed', () => {
    assert.equal(uuidOf(counting), 'f0f1f2f3-f4f5-46f7-b8f9-fafbfcfdfeff');
    assert.match(uuidOf(systemRandom), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('makes hex of as many bytes as were asked for', () => {
    assert.equal(randomHex(counting, 3), 'f0f1f2');
    assert.equal(randomHex(systemRandom, 32).length, 64);
  });

  it('hands out each byte once, from the pool and beyond it', () => {
    const drawn = new Set(Array.from({ length: 2_000 }, () => randomHex(systemRandom, 16)));
    assert.equal(drawn.size, 2_000);
    assert.equal(systemRandom.bytes(10_000).length, 10_000);
  });
});
