import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createActor } from 'xstate';
import { proofRequest } from '../../testkit/world/requests.js';
import { requestMachine } from './machine.js';
import { requestedSnapshot } from './requested.js';

test('a request begins as the machine itself would begin it, down to the order of its keys', () => {
  for (const request of [proofRequest(), proofRequest({ deadlineAt: 7, whitelist: [proofRequest().requester] })]) {
    const actor = createActor(requestMachine, { input: request }).start();
    const persisted = JSON.stringify(actor.getPersistedSnapshot());
    actor.stop();
    assert.equal(JSON.stringify(requestedSnapshot(request)), persisted);
  }
});
