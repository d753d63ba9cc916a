// All that is wrong at once: the first rule is what is reported, and every check says its own.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMockCase, mockKeys, mockNow } from '../../testkit/attestation/mockPki.js';
import { examineQuote } from './examineQuote.js';

const statusesOf = async (...parameters: Parameters<typeof examineQuote>) => {
  const { checks, findings, claims } = await examineQuote(...parameters);
  return { codes: findings.map(({ code }) => code), claims, checks: checks.map(({ id, status }) => `${status} ${id}`) };
};

describe('examineQuote', () => {
  it('names every rule that does not hold, in their order, and gives no claims', async () => {
    const { codes, claims, checks } = await statusesOf(
      createMockCase({
        quote: { signingKey: mockKeys.stranger },
        qe: { isvProdId: 7 },
        pckCrl: { nextUpdate: mockNow - 1 },
        tcbInfo: (info) => {
          info.fmspc = '000000000000';
        },
      }),
    );
    assert.deepEqual(codes, [
      'CRL_NOT_VALID_NOW',
      'COLLATERAL_MISMATCH',
      'QE_IDENTITY_WRONG',
      'QUOTE_SIGNATURE_INVALID',
    ]);
    assert.equal(claims, undefined);
    assert.deepEqual(checks, [
      'ok quote.format',
      'ok certificates.chain',
      'fail certificates.revocation',
      'ok collateral.signature',
      'ok collateral.freshness',
      'fail collateral.match',
      'fail quote.signature',
      // Levels of another platform say nothing.
      'skip tcb.level',
    ]);
  });

  it('leaves what hangs on a chain of another root as skipped, never as ok', async () => {
    const { checks } = await statusesOf({ ...createMockCase(), roots: [] });
    assert.deepEqual(checks, [
      'ok quote.format',
      'fail certificates.chain',
      'skip certificates.revocation',
      'skip collateral.signature',
      'skip collateral.freshness',
      'skip collateral.match',
      'skip quote.signature',
      'skip tcb.level',
    ]);
  });

  it('says when another root than Intel’s was trusted', async () => {
    const mock = createMockCase();
    assert.equal((await examineQuote(mock)).isIntelRoot, false);
    const { roots: _, ...withIntel } = mock;
    const examination = await examineQuote(withIntel);
    assert.equal(examination.isIntelRoot, true);
    assert.equal(examination.findings[0]?.code, 'CERT_CHAIN_INVALID');
  });

  it('tells how long the collateral holds, and the lower one of its numbers', async () => {
    const { claims } = await examineQuote(createMockCase());
    assert.equal(claims?.evaluationDataNumber, 19);
    assert.equal(claims?.collateralEndsAt, mockNow + 29 * 86_400);
    assert.deepEqual(claims?.shortfalls, []);
  });

  it('names what is not up to date, with the version that it needs', async () => {
    const { claims } = await examineQuote(
      createMockCase({ td: { teeTcbSvn: `040103${'00'.repeat(13)}` }, qe: { isvSvn: 2 } }),
    );
    assert.deepEqual(claims?.shortfalls, [
      'TDX component 3 3, needs 4',
      'TDX module 4, needs 6',
      'quoting enclave 2, needs 4',
    ]);
  });
});
