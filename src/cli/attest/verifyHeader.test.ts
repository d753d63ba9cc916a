// `attest verify URL` of a target that has a report in a header alone: what stands before proxies of others can show no more.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { attestCli } from '../../testkit/attestation/attestCli.js';
import {
  type Answer,
  type FakeTarget,
  mockEvidence,
  mockRootDer,
  startFakeTarget,
} from '../../testkit/attestation/fakeTarget.js';
import { mockNow } from '../../testkit/attestation/mockPki.js';

const cli = attestCli();
let target: FakeTarget;
let words: string[];
before(async () => {
  target = await startFakeTarget(() => undefined, { tls: 'server' });
  words = ['--insecure-dev-root', cli.write(await mockRootDer()), '--time', String(mockNow)];
});
after(() => target.close());

async function verify(answer: Answer, ...more: string[]) {
  target.answer = answer;
  return await cli.verdict(target.url, ...words, ...more);
}

describe('attest verify of a target that has a report in a header alone', () => {
  const quoteOf = async (nonce: Uint8Array) => {
    const { quote } = await mockEvidence({ nonce, spki: target.spki });
    return Buffer.from(quote, 'base64');
  };
  const header =
    (text: string | string[]): Answer =>
    (request, response) => {
      if (request.method === 'HEAD') response.setHeader('attestation-report', text);
      response.writeHead(404).end();
    };
  const packed = (bytes: Uint8Array) => gzipSync(bytes).toString('base64');
  const good = async () => packed(await quoteOf(new Uint8Array(32)));

  it('T3: a padded genuine quote with other report_data decodes, and is not made for this answer', async () => {
    const padded = packed(Buffer.concat([await quoteOf(new Uint8Array(32)), Buffer.alloc(3_000)]));
    const { codes, level } = await verify(
      header(padded),
      '--collateral',
      cli.write(JSON.stringify((await mockEvidence({})).collateral)),
    );
    assert.deepEqual(codes, ['binding.report_data REPORT_DATA_WRONG']);
    assert.equal(level, 'genuine');
  });

  it('T16: two reports, in either order, are refused', async () => {
    for (const reports of [
      [await good(), 'bad'],
      ['bad', await good()],
    ])
      assert.deepEqual((await verify(header(reports))).codes[0], 'quote.format HEADER_DUPLICATE');
  });

  it('T17, T18: whatever is not one gzip of one quote in base64 is refused by a code', async () => {
    const text = await good();
    const gzip = Buffer.from(text, 'base64');
    const cases: [string, string][] = [
      ['verified-proxy-attestation-12345', 'HEADER_MALFORMED'],
      [Buffer.from('attestation-generation-failed').toString('base64'), 'HEADER_MALFORMED'],
      [text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''), 'HEADER_MALFORMED'],
      [`${text.slice(0, 60)} ${text.slice(60)}`, 'HEADER_MALFORMED'],
      [gzip.subarray(0, gzip.byteLength - 1).toString('base64'), 'HEADER_MALFORMED'],
      [Buffer.concat([gzip, Buffer.of(0)]).toString('base64'), 'HEADER_MALFORMED'],
      [Buffer.concat([gzip, gzip]).toString('base64'), 'HEADER_MALFORMED'],
      [packed(Buffer.alloc(600)), 'QUOTE_UNSUPPORTED'],
      ['', 'REPORT_MISSING'],
    ];
    for (const [value, code] of cases)
      assert.equal((await verify(header(value))).codes[0], `quote.format ${code}`, value.slice(0, 40));
  });

  it('T19: headers of 13 and of 100 KB are too large, whoever notices it', async () => {
    for (const size of [13_000, 100_000])
      assert.equal((await verify(header('A'.repeat(size)))).codes[0], 'quote.format HEADER_TOO_LARGE', String(size));
  });

  it('T20: a bomb is refused at its limit', async () => {
    assert.equal((await verify(header(packed(Buffer.alloc(8_000_000))))).codes[0], 'quote.format GZIP_LIMIT');
  });
});
