// What an attestation verifier reads from strangers: quotes, headers, collateral, DER, event logs, policies. None of it reaches the service,
// so these targets look at the verifier itself: it refuses by a code of its own, or it accepts what it should.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parseCertificate } from '../../src/attestation/verify/certificates/certificate.js';
import { parseCrl } from '../../src/attestation/verify/certificates/crl.js';
import { readPem } from '../../src/attestation/verify/certificates/readPem.js';
import { parseCollateral } from '../../src/attestation/verify/collateral/parseCollateral.js';
import { parseQeIdentity } from '../../src/attestation/verify/collateral/qeIdentity.js';
import { parseTcbInfo } from '../../src/attestation/verify/collateral/tcbInfo.js';
import { readAppEvents } from '../../src/attestation/verify/events/appEvents.js';
import { parseEventLog } from '../../src/attestation/verify/events/eventLog.js';
import { replayEvents } from '../../src/attestation/verify/events/replayEvents.js';
import { AttestationError } from '../../src/attestation/verify/failure.js';
import { parsePolicy } from '../../src/attestation/verify/policy/parsePolicy.js';
import { parseQuote } from '../../src/attestation/verify/quote/parseQuote.js';
import { decodeReport } from '../../src/attestation/verify/report/decodeReport.js';
import { verifyQuote } from '../../src/attestation/verify/verifyQuote.js';
import { registersOf, startEvents } from '../../src/testkit/attestation/mockEvents.js';
import { createMockCase, type MockCase } from '../../src/testkit/attestation/mockPki.js';
import { type ByteEdit, byteEdit, editBytes } from './byteEdits.js';
import type { Subject } from './subject.js';
import { count, type Target } from './target.js';

interface Spoiled<Which extends string = string> {
  readonly of: Which;
  readonly edits: readonly ByteEdit[];
}

const spoiled = <Which extends string>(...which: readonly Which[]): fc.Arbitrary<Spoiled<Which>> =>
  fc.record({ of: fc.constantFrom(...which), edits: fc.array(byteEdit, { maxLength: 4 }) });

/** Rejects with whatever is not a refusal of the verifier's own. */
async function refusesOrReads(name: string, subject: Subject, read: () => unknown): Promise<void> {
  try {
    await read();
    count(subject, `${name}: read`);
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error;
    assert.notEqual(error.code, 'INTERNAL');
    count(subject, `${name}: refused`);
  }
}

const cases: Readonly<Record<'v4' | 'v5' | 'v5ex', MockCase>> = {
  v4: createMockCase(),
  v5: createMockCase({ version: 5 }),
  v5ex: createMockCase({ version: 5, body: 'TD 1.5-Ex' }),
};

/** Zeros behind a quote, and white space in its PEM, mean nothing. */
const essence = (quote: Uint8Array): string =>
  Buffer.from(quote)
    .toString('latin1')
    .replace(/\0+$/, '')
    .replace(/-----BEGIN[\s\S]*$/, (pem) => pem.replace(/\s/g, ''));

const quote: Target<Spoiled<'v4' | 'v5' | 'v5ex'>> = {
  name: 'quote',
  inputs: spoiled('v4', 'v5', 'v5ex'),
  check: ({ of, edits }, subject) =>
    refusesOrReads('quote', subject, async () => {
      const bytes = new Uint8Array(editBytes(cases[of].quote, edits));
      await verifyQuote({ ...cases[of], quote: bytes });
      assert.equal(essence(bytes), essence(cases[of].quote), 'a quote of other content is accepted');
    }),
};

const header: Target<Spoiled<'text' | 'gzip'>> = {
  name: 'header',
  inputs: spoiled('text', 'gzip'),
  check: ({ of, edits }, subject) =>
    refusesOrReads('header', subject, () => {
      const gzip = gzipSync(cases.v4.quote);
      const text =
        of === 'gzip'
          ? editBytes(gzip, edits).toString('base64')
          : editBytes(Buffer.from(gzip.toString('base64')), edits).toString('latin1');
      parseQuote(decodeReport(text));
    }),
};

const set = JSON.parse(cases.v4.collateral) as Record<string, string>;
const collateral: Target<Spoiled<'set' | 'tcbInfo' | 'qeIdentity'>> = {
  name: 'collateral',
  inputs: spoiled('set', 'tcbInfo', 'qeIdentity'),
  check: ({ of, edits }, subject) =>
    refusesOrReads('collateral', subject, () => {
      const edited = (text: string) => editBytes(Buffer.from(text), edits).toString();
      // The two objects are read only when Intel has signed them; they are fuzzed as if it signed anything.
      if (of === 'tcbInfo') parseTcbInfo(edited(set['tcb_info'] ?? ''));
      else if (of === 'qeIdentity') parseQeIdentity(edited(set['qe_identity'] ?? ''));
      else parseCollateral(edited(cases.v4.collateral));
    }),
};

const certificates = readPem(set['pck_crl_issuer_chain'] ?? '', 'the chain');
const leaf = readPem(parseQuote(cases.v4.quote).signature.pckChain, 'the chain')[0] as Uint8Array;
const der: Target<Spoiled<'leaf' | 'ca' | 'crl'>> = {
  name: 'der',
  inputs: spoiled('leaf', 'ca', 'crl'),
  check: ({ of, edits }, subject) =>
    refusesOrReads('der', subject, () => {
      if (of === 'crl') parseCrl(new Uint8Array(editBytes(Buffer.from(set['pck_crl'] ?? '', 'hex'), edits)), 'the CRL');
      else
        parseCertificate(
          new Uint8Array(editBytes(of === 'leaf' ? leaf : (certificates[0] as Uint8Array), edits)),
          'it',
        );
    }),
};

const events = startEvents({ composeHash: 'ab'.repeat(32) });
const registers = registersOf(events);
const eventLog: Target<Spoiled<'log'>> = {
  name: 'eventLog',
  inputs: spoiled('log'),
  check: ({ edits }, subject) =>
    refusesOrReads('eventLog', subject, async () => {
      const log = parseEventLog(editBytes(Buffer.from(JSON.stringify(events)), edits).toString());
      const replayed = await replayEvents(log);
      const app = readAppEvents(log);
      // What the registers vouch for cannot be told otherwise.
      if (replayed.every((value, i) => Buffer.from(value).toString('hex') === registers[i]))
        assert.deepEqual(app, readAppEvents(parseEventLog(JSON.stringify(events))));
    }),
};

const goodPolicy = JSON.stringify({
  version: 1,
  name: 'fuzzed',
  tcb: { statuses: ['UpToDate'], graceDays: 3, allowedAdvisories: ['INTEL-SA-00615'] },
  os: [{ name: 'x', mrTd: 'ab'.repeat(48), rtmr0: ['ab'.repeat(48)], rtmr1: 'ab'.repeat(48), rtmr2: 'ab'.repeat(48) }],
  compose: { hashes: ['ab'.repeat(32)], images: { a: [`sha256:${'ab'.repeat(32)}`] }, publishedPorts: [443] },
  app: { keyProviders: [{ name: 'kms' }] },
});
const policy: Target<Spoiled<'policy'>> = {
  name: 'policy',
  inputs: spoiled('policy'),
  check: ({ edits }, subject) =>
    refusesOrReads('policy', subject, () => parsePolicy(editBytes(Buffer.from(goodPolicy), edits).toString())),
};

export const attestationTargets: readonly Target[] = [quote, header, collateral, der, eventLog, policy];
