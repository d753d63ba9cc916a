// Thousands of spoiled quotes and sets of collateral, real ones and ours, through both verifiers. ORACLE_SEED repeats a run's inputs.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { type AttestationCode, failureOf } from '../../src/attestation/verify/failure.js';
import { verifyQuote } from '../../src/attestation/verify/verifyQuote.js';
import { holdingClock } from '../../src/clock.js';
import { createMockCase } from '../../src/testkit/attestation/mockPki.js';
import { type Oracle, startOracle } from '../../src/testkit/attestation/oracle.js';
import { findSamples, readQuoteFile, samples } from '../../src/testkit/attestation/samples.js';
import { type ByteEdit, byteEdit, editBytes } from '../fuzz/byteEdits.js';

const seed = Number(process.env['ORACLE_SEED'] ?? holdingClock.now() % 2 ** 31);
const runs = 2_000;

/** By these alone may ours refuse what the other one accepts: it looks at no end, no bound in the past, no chain that it does not need. */
const stricter: readonly AttestationCode[] = [
  'QUOTE_MALFORMED',
  'QUOTE_UNSUPPORTED',
  'CERT_MALFORMED',
  'CERT_CHAIN_INVALID',
  'CRL_NOT_VALID_NOW',
  'COLLATERAL_MALFORMED',
];

interface Base {
  readonly quote: Uint8Array;
  readonly collateral: Readonly<Record<string, string>>;
  readonly now: number;
  readonly roots?: readonly string[];
  readonly rootDer?: Uint8Array;
}

const fields = [
  'pck_crl_issuer_chain',
  'root_ca_crl',
  'pck_crl',
  'tcb_info_issuer_chain',
  'tcb_info',
  'tcb_info_signature',
  'qe_identity_issuer_chain',
  'qe_identity',
  'qe_identity_signature',
];

interface Mutation {
  readonly base: number;
  readonly quote: readonly ByteEdit[];
  readonly field: string;
  readonly text: readonly ByteEdit[];
  /** Takes the field from this base instead. */
  readonly from: number | undefined;
  readonly laterSeconds: number;
}

/** Anywhere, since every byte of a quote means something. */
const anywhere: fc.Arbitrary<ByteEdit> = fc.record({
  op: fc.constant('set' as const),
  at: fc.nat(100_000),
  value: fc.nat(255),
});
const some = (most: number) => fc.array(fc.oneof(byteEdit, anywhere), { minLength: 1, maxLength: most });
const mutation: fc.Arbitrary<Mutation> = fc
  .record({
    base: fc.nat(5),
    what: fc.constantFrom('quote', 'quote', 'quote', 'text', 'text', 'from', 'time'),
    quote: fc.oneof({ weight: 3, arbitrary: some(1) }, some(3)),
    field: fc.constantFrom(...fields),
    text: some(2),
    from: fc.nat(5),
    laterSeconds: fc.integer({ min: -40 * 86_400, max: 400 * 86_400 }),
  })
  .map(({ what, ...all }) => ({
    base: all.base,
    quote: what === 'quote' ? all.quote : [],
    field: all.field,
    text: what === 'text' ? all.text : [],
    from: what === 'from' ? all.from : undefined,
    laterSeconds: what === 'time' ? all.laterSeconds : 0,
  }));

/** What may differ in a quote that is accepted: zeros behind it, white space in its PEM. */
const essence = (quote: Uint8Array): string =>
  Buffer.from(quote)
    .toString('latin1')
    .replace(/\0+$/, '')
    .replace(/-----BEGIN[\s\S]*$/, (pem) => pem.replace(/\s/g, ''));

describe('both verifiers on what was spoiled', () => {
  let oracle: Oracle;
  let bases: readonly Base[];
  before(() => {
    oracle = startOracle();
    const folder = findSamples();
    const real = samples
      .filter(({ expected }) => typeof expected === 'object')
      .map(({ quote, collateral, now }) => ({
        quote: readQuoteFile(join(folder, quote)),
        collateral: JSON.parse(readFileSync(join(folder, collateral), 'utf8')),
        now,
      }));
    const made = [createMockCase(), createMockCase({ version: 5 }), createMockCase({ version: 5, body: 'TD 1.5-Ex' })];
    bases = [...real, ...made.map(({ collateral, ...rest }) => ({ ...rest, collateral: JSON.parse(collateral) }))];
  });
  after(() => oracle.end());

  it(`they agree, and accept no quote of other content (ORACLE_SEED=${seed})`, async (t) => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(mutation, async (of) => {
        const base = bases[of.base] as Base;
        const source = bases[of.from ?? of.base] as Base;
        const text = editBytes(Buffer.from(source.collateral[of.field] ?? '', 'latin1'), of.text).toString('latin1');
        const question = {
          ...base,
          quote: new Uint8Array(editBytes(base.quote, of.quote)),
          collateral: JSON.stringify({ ...base.collateral, [of.field]: text }),
          now: base.now + of.laterSeconds,
        };
        const ours = await verifyQuote(question).then(
          (claims) => claims,
          (error) => failureOf(error),
        );
        const theirs = await oracle.ask(question);
        const isAccepted = 'tcbStatus' in ours && ours.tcbStatus !== 'Revoked';
        const outcome = 'code' in ours ? ours.code : ours.tcbStatus;
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
        assert.notEqual(outcome, 'INTERNAL');
        if (isAccepted) {
          assert.equal(essence(question.quote), essence(base.quote));
          const { tcbStatus: status, tcbDate, advisoryIds: advisories } = ours;
          assert.deepEqual(theirs, { status, tcbDate, advisories });
        } else if ('status' in theirs)
          assert.ok('code' in ours && stricter.includes(ours.code), `${outcome}, the other one accepts`);
      }),
      { numRuns: runs, seed },
    );
    t.diagnostic(JSON.stringify(Object.fromEntries([...seen].sort())));
    // Or the inputs have not come anywhere.
    for (const outcome of [
      'UpToDate',
      'QUOTE_MALFORMED',
      'QUOTE_SIGNATURE_INVALID',
      'COLLATERAL_SIGNATURE_INVALID',
      'CERT_CHAIN_INVALID',
    ])
      assert.ok(seen.has(outcome), `${outcome} was never seen`);
  });
});
