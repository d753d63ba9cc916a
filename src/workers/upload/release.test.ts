// Memory that is released is gone before the next line.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { release } from './release.js';

describe('a released buffer', () => {
  it('is gone at once, without a garbage collection', () => {
    const before = process.memoryUsage().arrayBuffers;
    const kept = Array.from({ length: 20 }, () => new Uint8Array(1024 * 1024));
    assert.ok(process.memoryUsage().arrayBuffers - before >= 20 * 1024 * 1024);
    for (const bytes of kept) release(bytes);
    assert.ok(kept.every((bytes) => bytes.byteLength === 0));
    assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024);
  });
});
