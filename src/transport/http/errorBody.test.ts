// What a client reads when an answer over HTTP says no.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fail } from '../../failures/fail.js';
import { errorBody } from './errorBody.js';

describe('the body of an HTTP error', () => {
  it('has a code and a sentence, and nothing else', () => {
    assert.deepEqual(errorBody(fail('DISK_FULL')), {
      error: {
        code: 'DISK_FULL',
        message: 'The data folder has no room left. Nothing was lost; try again when there is room.',
      },
    });
  });
});
