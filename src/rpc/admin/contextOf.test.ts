import assert from 'node:assert/strict';
import { it } from 'node:test';
import { contextOf } from './contextOf.js';

it('what a machine remembers is shown but for ids of artifacts, what is vouched for, and what nobody has thought of', () => {
  const artifact = { id: 'canary-id', sha256: '44', sizeBytes: 1 };
  const vouched = { vkHash: '22', programSha256: '33', publicValues: artifact, mac: 'canary-mac' };
  const context = {
    request: {
      requestId: 'ab',
      stdin: { ...artifact, private: true },
      program: artifact,
      whitelist: ['cd'],
      uri: 'canary',
    },
    tries: { execute: 1, prove: 2, verify: 0, surprise: 'canary' },
    execution: { cycles: '7', gas: '8', publicValuesHash: 'aa', vouched },
    proof: { ...artifact, signer: { address: 'ef', key: 'canary' } },
    failure: { code: 'ARTIFACT_NOT_FOUND', artifactId: 'canary' },
    lane: { surprise: 'canary' },
    deadlineAt: 9,
    surprise: 'canary',
  };
  const shown = contextOf({ machine: 'request@9', seq: 4, at: 1, snapshot: { value: { open: 'held' }, context } });
  const left = { sha256: '44', sizeBytes: 1 };
  assert.deepEqual(shown, {
    machine: 'request@9',
    stateValue: '{"open":"held"}',
    context: {
      request: { requestId: 'ab', stdin: { ...left, private: true }, program: left, whitelist: ['cd'] },
      tries: { execute: 1, prove: 2, verify: 0 },
      execution: { cycles: '7', gas: '8', publicValuesHash: 'aa' },
      proof: { ...left, signer: { address: 'ef' } },
      failure: { code: 'ARTIFACT_NOT_FOUND' },
      deadlineAt: 9,
    },
  });
});
