// Our verifier and dcap-qvl on the same quotes: the same answer, but for what is listed with its reason.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ExamineParameters } from '../../src/attestation/verify/examineQuote.js';
import { failureOf } from '../../src/attestation/verify/failure.js';
import { verifyQuote } from '../../src/attestation/verify/verifyQuote.js';
import type { AttestationCase, VerifiedAs } from '../../src/testkit/attestation/attestationCase.js';
import { attestationCases, createCase } from '../../src/testkit/attestation/attestationCases.js';
import { type Oracle, type OracleAnswer, startOracle } from '../../src/testkit/attestation/oracle.js';
import { findSamples, readQuoteFile, samples, sgxSample } from '../../src/testkit/attestation/samples.js';

let oracle: Oracle;
before(() => {
  oracle = startOracle();
});
after(() => oracle.end());

const answerOf = (parameters: ExamineParameters) =>
  verifyQuote(parameters).then(
    ({ tcbStatus, tcbDate, advisoryIds }): VerifiedAs => ({ status: tcbStatus, tcbDate, advisories: advisoryIds }),
    (error) => failureOf(error).code,
  );

/** It has one word for all that it refuses, and refuses Revoked by itself. */
function assertSame(
  ours: VerifiedAs | string,
  theirs: OracleAnswer,
  { oracle: difference }: Partial<AttestationCase> = {},
): void {
  const isOursAccepted = typeof ours !== 'string' && ours.status !== 'Revoked';
  const isDifferent = difference !== undefined;
  assert.equal(
    'status' in theirs,
    isOursAccepted !== isDifferent,
    `ours ${JSON.stringify(ours)}, theirs ${JSON.stringify(theirs)}`,
  );
  if (isOursAccepted && !isDifferent) assert.deepEqual(theirs, ours);
}

describe('both verifiers', () => {
  describe('on quotes that Intel signed', () => {
    let folder: string;
    before(() => {
      folder = findSamples();
    });

    for (const { title, quote, collateral, now, expected } of samples) {
      it(title, async () => {
        const question = {
          quote: readQuoteFile(join(folder, quote)),
          collateral: readFileSync(join(folder, collateral), 'utf8'),
          now,
        };
        const ours = await answerOf(question);
        assert.deepEqual(ours, expected);
        assertSame(ours, await oracle.ask(question));
      });
    }

    it('a quote of an SGX enclave is not read here', async () => {
      const collateral = readFileSync(join(folder, 'sgx_quote_collateral.json'), 'utf8');
      const question = { quote: readQuoteFile(join(folder, sgxSample)), collateral, now: 1_750_377_600 };
      assert.equal(await answerOf(question), 'QUOTE_UNSUPPORTED');
    });
  });

  describe('on every case of the mock PKI', () => {
    for (const attestationCase of attestationCases.filter((one) => one.oracle !== 'not asked')) {
      it(
        attestationCase.oracle
          ? `${attestationCase.title} (the other one ${attestationCase.oracle})`
          : attestationCase.title,
        async () => {
          const { rootDer, ...created } = createCase(attestationCase);
          const theirs = await oracle.ask({ ...created, ...(attestationCase.isRootUnknown ? {} : { rootDer }) });
          assertSame(await answerOf(created), theirs, attestationCase);
        },
      );
    }
  });
});
