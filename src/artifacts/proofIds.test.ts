import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { parseArtifactId } from '../ids.js';
import { sampleRequestId } from '../testkit/sampleIds.js';
import { createProofIds } from './proofIds.js';

describe('the id of a proof', () => {
  const key = randomBytes(32);
  const requestId = sampleRequestId();

  it('is the same in every life of the service, and another one for each attempt and request', () => {
    const ids = createProofIds(key);
    assert.equal(parseArtifactId(ids(requestId, 1)), ids(requestId, 1));
    assert.equal(createProofIds(key)(requestId, 1), ids(requestId, 1));
    assert.equal(new Set([ids(requestId, 1), ids(requestId, 2), ids(sampleRequestId(), 1)]).size, 3);
  });

  it('does not follow from the id of its request', () => {
    assert.notEqual(createProofIds(randomBytes(32))(requestId, 1), createProofIds(key)(requestId, 1));
    assert.throws(() => createProofIds(new Uint8Array(0)), RangeError);
  });
});
