// What an error that nobody has foreseen becomes.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { grpcStatusOf } from '../transport/grpc/failureStatus.js';
import { fail } from './fail.js';
import { FailureError } from './failureError.js';
import { failureFrom } from './failureFrom.js';

describe('a failure of a thrown error', () => {
  it('never holds the text of a foreign error', () => {
    const failure = failureFrom(new Error('password is hunter2 at /home/x.js:3'), 'ref-1');
    assert.deepEqual(grpcStatusOf(failure), {
      code: 13,
      details: 'Something went wrong here. The log says more under ref-1.',
    });
  });

  it('names a full disk however it shows', () => {
    assert.equal(failureFrom(Object.assign(new Error('x'), { code: 'ENOSPC' }), 'r').code, 'DISK_FULL');
    assert.equal(failureFrom(new Error('Commit failed: No space left on device'), 'r').code, 'DISK_FULL');
    assert.equal(failureFrom(new FailureError(fail('DISK_FULL')), 'r').code, 'DISK_FULL');
  });
});
