// Before everything else here: that a missing program is said aloud.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { needing, type Tool } from './tools.js';

describe('a suite of the field', () => {
  it('is skipped with a sentence where its program is missing', () => {
    const { skip } = needing('no-such-tool' as Tool);
    assert.equal(skip, 'NOT RUN: no-such-tool is not on this machine. See .ci/run for what to install.');
  });

  it('is skipped with a sentence where its program may not do its work', () => {
    assert.match(`${needing('false' as Tool).skip}`, /^NOT RUN: false does not work here/);
  });

  it('runs where its program works', () => {
    assert.deepEqual(needing('true' as Tool), { skip: false });
  });
});
