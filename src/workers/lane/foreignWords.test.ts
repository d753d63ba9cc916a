import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutQuotations } from './foreignWords.js';

test('words and short numbers stay', () => {
  for (const text of [
    'program not found',
    'CUDA error 700: an illegal memory access was encountered',
    'shard 3 of 12 failed after 1024 cycles',
    'no kernel image is available for execution on the device',
  ])
    assert.equal(withoutQuotations(text), text);
});

test('what a library may quote of an input goes, also where the text was cut', () => {
  assert.equal(withoutQuotations('invalid utf-8: [104, 105, 33] at 3'), 'invalid utf-8: … at 3');
  assert.equal(withoutQuotations('called `Result::unwrap()` on "my secret'), 'called … on …');
  assert.equal(withoutQuotations('bad key 0x00112233445566778899aabbccddeeff in it'), 'bad key … in it');
  assert.equal(withoutQuotations('Stdin { buffer: 12, ptr'), 'Stdin …');
});
