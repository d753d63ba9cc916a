// The header in all the forms that were ever sent under its name: one of them is a quote.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { createMockCase } from '../../../testkit/attestation/mockPki.js';
import { type AttestationCode, AttestationError } from '../failure.js';
import { parseQuote } from '../quote/parseQuote.js';
import { decodeReport } from './decodeReport.js';

const { quote } = createMockCase();
const gzip = gzipSync(quote);
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** Node decodes it; what it makes of the header is ours. */
const codeOf = (header: string): AttestationCode | 'decoded' => {
  try {
    decodeReport(header);
    return 'decoded';
  } catch (error) {
    assert.ok(error instanceof AttestationError, `${error}`);
    return error.code;
  }
};

const flagged = (flags: number, extra: Uint8Array): Buffer => {
  const head = Buffer.from(gzip.subarray(0, 10));
  head[3] = flags;
  return Buffer.concat([head, extra, gzip.subarray(10)]);
};

describe('decodeReport', () => {
  it('reads base64 of a gzip stream with a quote', () => {
    assert.deepEqual(decodeReport(base64(gzip)), quote);
  });

  it('reads the form that is padded with zeros, which the quote’s own rules cut', () => {
    const padded = Buffer.concat([quote, Buffer.alloc(8_000 - quote.byteLength)]);
    assert.deepEqual(parseQuote(decodeReport(base64(gzipSync(padded)))).bytes, quote);
  });

  for (const [what, level] of [
    ['stored', 0],
    ['fast', 1],
    ['best', 9],
  ] as const) {
    it(`unpacks ${what} blocks`, () => {
      const text = Buffer.from('attestation '.repeat(500));
      assert.deepEqual(Buffer.from(decodeReport(base64(gzipSync(text, { level })))), text);
    });
  }

  it('unpacks blocks with the fixed codes', () => {
    const text = Buffer.from('abcabcabcabcabcabcabc');
    const fixed = gzipSync(text, { strategy: 4 });
    assert.deepEqual(deflateRawSync(text, { strategy: 4 }).subarray(0, 1).readUInt8() & 7, 3);
    assert.deepEqual(Buffer.from(decodeReport(base64(fixed))), text);
  });

  it('passes over extra field, name, comment and header checksum', () => {
    const extra = Buffer.concat([Buffer.of(2, 0, 1, 2), Buffer.from('name\0comment\0'), Buffer.of(0, 0)]);
    assert.deepEqual(decodeReport(base64(flagged(0x1e, extra))), quote);
  });

  const refused: ReadonlyArray<readonly [what: string, header: string, code: AttestationCode]> = [
    ['nothing', '', 'REPORT_MISSING'],
    ['the placeholder of the first version', 'verified-proxy-attestation-12345', 'HEADER_MALFORMED'],
    ['the report of a vTPM', 'A'.repeat(61_312), 'HEADER_TOO_LARGE'],
    [
      'a raw quote that was not compressed',
      base64(Buffer.concat([quote, Buffer.alloc(8_000 - quote.byteLength)])),
      'HEADER_MALFORMED',
    ],
    ['the word for a failure', base64(Buffer.from('attestation-generation-failed')), 'HEADER_MALFORMED'],
    ['base64 without padding', base64(gzipSync(Buffer.from('ab'))).replace(/=+$/, ''), 'HEADER_MALFORMED'],
    ['base64 with bits behind its end', 'AB==', 'HEADER_MALFORMED'],
    ['the other alphabet of base64', '-_-_', 'HEADER_MALFORMED'],
    ['white space in base64', `${base64(gzip).slice(0, 4)} ${base64(gzip).slice(5)}`, 'HEADER_MALFORMED'],
    ['a bomb', base64(gzipSync(Buffer.alloc(2_000_000))), 'GZIP_LIMIT'],
    ['two members', base64(Buffer.concat([gzipSync(''), gzip])), 'HEADER_MALFORMED'],
    ['bytes behind the member', base64(Buffer.concat([gzip, gzip.subarray(-8)])), 'HEADER_MALFORMED'],
    [
      'a wrong checksum',
      base64(Buffer.concat([gzip.subarray(0, -8), Buffer.alloc(4), gzip.subarray(-4)])),
      'HEADER_MALFORMED',
    ],
    ['a stream that is cut', base64(gzip.subarray(0, -20)), 'HEADER_MALFORMED'],
  ];
  for (const [what, header, code] of refused) {
    it(`refuses ${what}`, () => assert.equal(codeOf(header), code));
  }

  it('refuses every quote that is not one, by the quote’s own rules', () => {
    const decoded = decodeReport(base64(gzipSync(JSON.stringify({ report: 'x', certs: 'y', report_data: 'z' }))));
    assert.throws(() => parseQuote(decoded), { code: 'QUOTE_MALFORMED' });
  });
});
