// Rules V1 to V24, a test each and more: everything is right but for what the title says.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { attestationCases, createCase } from '../../testkit/attestation/attestationCases.js';
import { failureOf } from './failure.js';
import { verifyQuote } from './verifyQuote.js';

describe('verifyQuote', () => {
  for (const attestationCase of attestationCases) {
    it(attestationCase.title, async () => {
      const outcome = await verifyQuote(createCase(attestationCase)).then(
        ({ tcbStatus, tcbDate, advisoryIds }) => ({ status: tcbStatus, tcbDate, advisories: advisoryIds }),
        (error) => failureOf(error),
      );
      const { expected } = attestationCase;
      if (typeof expected === 'string')
        assert.equal('code' in outcome ? outcome.code : outcome.status, expected, JSON.stringify(outcome));
      else assert.deepEqual(outcome, expected);
    });
  }
});
