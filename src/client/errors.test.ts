import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestId } from '../ids.js';
import { clientError } from './errors.js';

const requestId = 'ab'.repeat(32) as RequestId;

test('messages are a sentence and what to try', () => {
  const messages = [
    clientError('UNREACHABLE', { url: 'http://127.0.0.1:1', detail: 'connect ECONNREFUSED 127.0.0.1:1' }),
    clientError('URL_INVALID', { url: 'localhost' }),
    clientError('REFUSED', { call: 'RequestProof', status: 'INVALID_ARGUMENT', detail: 'The deadline has passed' }),
    clientError('UNEXECUTABLE', { requestId, cause: 'EXCEEDED_CYCLE_LIMIT', detail: '' }),
    clientError('UNFULFILLABLE', { requestId, cause: 'UNKNOWN_FAILURE', detail: 'The request was cancelled.' }),
    clientError('TIMED_OUT', { requestId, deadlineAt: 0 }),
    clientError('ABORTED'),
  ].map(({ message }) => message);
  assert.deepEqual(messages, [
    'Nothing answers at http://127.0.0.1:1 (connect ECONNREFUSED 127.0.0.1:1). Is the service running there, and is it the right port?',
    '"localhost" is not the URL of a service. Write it with its scheme and port, for example http://127.0.0.1:8080.',
    'The service refused RequestProof (INVALID_ARGUMENT): The deadline has passed.',
    'The guest program failed: EXCEEDED_CYCLE_LIMIT. Run it without a proof to look closer: sealed-prover execute',
    'There is no proof. The request was cancelled.',
    "The request's time ran out at 1970-01-01T00:00:00.000Z. Ask again with a longer time limit.",
    'The call was given up.',
  ]);
});
