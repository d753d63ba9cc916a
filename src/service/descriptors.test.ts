import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertDescriptors, DescriptorsError } from './descriptors.js';

test('too few files for the lanes are refused with the number that is needed', () => {
  assert.throws(() => assertDescriptors(3, 99), {
    name: DescriptorsError.name,
    message:
      /may have 99 files open at once, and 3 lanes and their clients need 100 or more\. Raise the limit \(ulimit -n/,
  });
  assertDescriptors(3, 100);
  assert.throws(() => assertDescriptors(40, 256), /need 396 or more/);
});

test('where the system does not say, or allows any number, nothing is refused', () => {
  assertDescriptors(3);
  assertDescriptors(3, undefined);
  assertDescriptors(3, Number.POSITIVE_INFINITY);
});
