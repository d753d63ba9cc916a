// Vectors computed by sp1-primitives' own hasher (slop-koala-bear 6.10.0): inputs from s → 1103515245·s + 12345 mod p.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { koalaBearPrime, poseidon2Hash } from './poseidon2.js';

const vectors: readonly [length: number, seed: number, digest: string][] = [
  [8, 1, '2fae6155195f190829108a7a5ca24d90275deadc0ccb1fc27c2ff95f27d45f8c'],
  [17, 3, '024f1e1416aa5716333ffd5a023ea0060fa1d118731000fa5a87b18c16341a33'],
  [26, 1, '1a433f1837e4831c301ee8e322d544b35796095a6becc53823c6992d0be6c353'],
  [26, 2, '445da1197a17a5c172fb90fe2fa1ab8c7020373a2948c688118b24f209c39aad'],
  [26, 3, '4ede23967e441e44786637d66cb047b6279f38c9741d76aa7b7bdff81ff96fac'],
];

for (const [length, seed, digest] of vectors) {
  test(`hashes ${length} elements from seed ${seed} as SP1 does`, () => {
    let state = BigInt(seed);
    const input = Array.from({ length }, () => {
      state = (state * 1103515245n + 12345n) % BigInt(koalaBearPrime);
      return Number(state);
    });
    const words = poseidon2Hash(input).map((word) => word.toString(16).padStart(8, '0'));
    assert.equal(words.join(''), digest);
  });
}
