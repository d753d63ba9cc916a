// The statuses decide what the SDK does next, so they are pinned.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sampleArtifactId } from '../testkit/sampleIds.js';
import { fail } from './fail.js';
import { httpStatusOf } from './httpStatus.js';

describe('the HTTP status of a failure', () => {
  it('is 504, which the SDK retries, for everything that may pass and for our own faults', () => {
    const passing = [
      fail('QUEUE_FULL', { limit: 1 }),
      fail('STARTING'),
      fail('DRAINING'),
      fail('DISK_FULL'),
      fail('BUCKET_UNAVAILABLE'),
      fail('ABORTED'),
    ];
    for (const failure of [...passing, fail('INTERNAL', { reference: 'r' })])
      assert.equal(httpStatusOf(failure), 504, failure.code);
  });

  it('is one that ends the call for everything that stays wrong', () => {
    const artifactId = sampleArtifactId();
    const kind = 'stdin';
    assert.deepEqual(
      [
        fail('MALFORMED_REQUEST', { field: 'x', problem: 'y' }),
        fail('ARTIFACT_FORBIDDEN', { artifactId, problem: 'y' }),
        fail('ARTIFACT_NOT_FOUND', { artifactId }),
        fail('ARTIFACT_CONFLICT', { artifactId }),
        fail('ARTIFACT_TOO_LARGE', { kind, limitBytes: 1 }),
        fail('ARTIFACT_MALFORMED', { kind, problem: 'y' }),
        fail('CANCELLED'),
      ].map(httpStatusOf),
      [400, 403, 404, 409, 413, 422, 400],
    );
  });
});
