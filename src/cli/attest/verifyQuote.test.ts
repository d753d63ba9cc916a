// `attest verify --quote`: each row of Intel's own samples, every form of file, exit codes, the table, and what a person gets wrong.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import type { Verdict } from '../../attestation/verify/attestation.js';
import { createMockCase, type MockCase, type MockChanges, mockNow } from '../../testkit/attestation/mockPki.js';
import { findSamples, samples, sgxSample } from '../../testkit/attestation/samples.js';
import { scriptedCli } from '../../testkit/scriptedCli.js';
import { temporaryFolder } from '../../testkit/temporaryFolder.js';
import { runCli } from '../runCli.js';

const folder = temporaryFolder('attest');
let files = 0;
function write(content: string | Uint8Array): string {
  const path = join(folder, `file-${files++}`);
  writeFileSync(path, content);
  return path;
}

async function run(...words: string[]) {
  const cli = scriptedCli({ XDG_CACHE_HOME: folder });
  const exitCode = await runCli(['attest', 'verify', ...words], cli);
  assert.doesNotMatch(cli.err(), /should not have happened|\n\s+at /);
  return { exitCode, out: cli.out(), err: cli.err() };
}

async function verdictOf(...words: string[]): Promise<Verdict & { exitCode: number; codes: readonly string[] }> {
  const { exitCode, out, err } = await run(...words, '--json');
  assert.equal(err, '');
  const verdict = JSON.parse(out) as Verdict;
  const codes = verdict.checks.flatMap((check) => (check.status === 'fail' ? [`${check.id} ${check.code}`] : []));
  return { ...verdict, exitCode, codes };
}

const wordsOf = ({ quote, collateral, rootDer, now }: MockCase) => [
  '--quote',
  write(quote),
  '--collateral',
  write(collateral),
  '--insecure-dev-root',
  write(rootDer),
  '--time',
  String(now),
];

describe('attest verify --quote on Intel’s samples', () => {
  let sampleFolder = '';
  before(() => {
    sampleFolder = findSamples();
  });
  const words = (quote: string, collateral: string, time: number) => [
    '--quote',
    join(sampleFolder, quote),
    '--collateral',
    join(sampleFolder, collateral),
    '--time',
    String(time),
  ];

  for (const { title, quote, collateral, now, expected } of samples) {
    it(`${title}: ${typeof expected === 'string' ? expected : expected.status}`, async () => {
      const { exitCode, codes, facts, level } = await verdictOf(...words(quote, collateral, now));
      if (typeof expected === 'string') {
        assert.equal(exitCode, 1);
        assert.ok(
          codes.some((code) => code.endsWith(expected)),
          codes.join(),
        );
        return;
      }
      assert.equal(facts.tcbStatus, expected.status);
      assert.equal(facts.tcbDate, expected.tcbDate);
      assert.deepEqual(facts.advisoryIds, expected.advisories);
      const isUpToDate = expected.status === 'UpToDate';
      assert.deepEqual([exitCode, level], isUpToDate ? [0, 'genuine'] : [1, 'none']);
      assert.deepEqual(codes, isUpToDate ? [] : ['tcb.status TCB_STATUS_REFUSED']);
    });
  }

  it('T22: a quote of an SGX enclave is refused as one', async () => {
    const { codes, exitCode } = await verdictOf(...words(sgxSample, 'tdx_quote_collateral.json', 1_750_377_600));
    assert.equal(exitCode, 1);
    assert.match(codes[0] ?? '', /^quote\.format (TEE_TYPE_WRONG|QUOTE_UNSUPPORTED)$/);
  });

  it('T30: a clock that is a day early or late is named with both times', async () => {
    for (const now of [1_750_377_600 - 86_400, 1_750_377_600 + 40 * 86_400]) {
      const { out, exitCode } = await run(...words('tdx_quote', 'tdx_quote_collateral.json', now));
      assert.equal(exitCode, 1);
      assert.match(out, /COLLATERAL_NOT_VALID_NOW/);
      assert.match(
        out.replace(/\s+/g, ' '),
        /(begins|ended) 20\S+Z, it is 20\S+Z here; the clock of this machine may be wrong/,
      );
    }
  });
});

describe('attest verify --quote', () => {
  const good = createMockCase();

  it('says first that a development root proves nothing, and needs it to be named', async () => {
    const { exitCode, out } = await run(...wordsOf(good));
    assert.equal(exitCode, 0);
    assert.match(out, /^WARNING Nothing was proven/);
    assert.match(out, /ACCEPTED: level genuine, genuine is asked for\.\n$/);
    const words = wordsOf(good);
    words.splice(words.indexOf('--insecure-dev-root'), 2);
    assert.match((await verdictOf(...words)).codes.join(), /certificates\.chain CERT_CHAIN_INVALID/);
  });

  it('fits 100 columns, with a line a check and the verdict last', async () => {
    const elsewhere = createMockCase({
      tcbInfo: (info) => {
        info.fmspc = '00'.repeat(6);
      },
    });
    const { out } = await run(...wordsOf(elsewhere));
    for (const line of out.split('\n')) assert.ok(line.length <= 100, line);
    assert.match(out, /^FAIL {2}collateral\.match {8}/m);
    assert.match(out, /^ {30}COLLATERAL_MISMATCH: Fetch the collateral/m);
    assert.match(out, /^skip {2}gpu\.evidence/m);
    assert.match(out.trimEnd().split('\n').at(-1) ?? '', /^REJECTED: 1 check failed/);
  });

  const hex = Buffer.from(good.quote).toString('hex');
  for (const [form, content] of [
    ['hex', hex],
    ['hex with 0x and a newline', `0x${hex}\n`],
    ['base64', Buffer.from(good.quote).toString('base64')],
    ['the answer of an agent', JSON.stringify({ quote: hex, event_log: '[]', report_data: '', vm_config: '' })],
    ['raw bytes with zeros behind them', Buffer.concat([good.quote, Buffer.alloc(70)])],
  ] as const) {
    it(`reads ${form}`, async () => {
      const words = wordsOf(good);
      words[1] = write(content);
      const { codes } = await verdictOf(...words);
      // An empty log is one, and gives no registers.
      assert.deepEqual(codes, form.startsWith('the answer') ? ['events.replay RTMR_MISMATCH'] : []);
    });
  }

  for (const [what, content, code] of [
    ['nothing', '', 'quote.format QUOTE_MALFORMED'],
    ['upper-case hex', hex.toUpperCase(), 'quote.format QUOTE_MALFORMED'],
    ['an error page', '<html>504</html>', 'quote.format QUOTE_MALFORMED'],
    ['JSON with a key twice', `{"quote":"${hex}","quote":"00"}`, 'quote.format EVIDENCE_MALFORMED'],
    ['JSON with a property that is not known', `{"quote":"${hex}","x":1}`, 'quote.format EVIDENCE_MALFORMED'],
    ['T21: something behind the quote', Buffer.concat([good.quote, Buffer.of(1)]), 'quote.format QUOTE_MALFORMED'],
    ['more than 16 KiB', Buffer.concat([good.quote, Buffer.alloc(16_384)]), 'quote.format QUOTE_MALFORMED'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const words = wordsOf(good);
      words[1] = write(content);
      const { codes, exitCode, level } = await verdictOf(...words);
      assert.equal(codes[0], code);
      assert.deepEqual([exitCode, level], [1, 'none']);
    });
  }

  it('T18: a quote that is cut at any boundary is refused by a code', async () => {
    const words = wordsOf(good);
    for (const size of [1, 47, 48, 54, 631, 632, 636, 764, 1_148, 1_300, good.quote.byteLength - 1]) {
      words[1] = write(good.quote.subarray(0, size));
      assert.match((await verdictOf(...words)).codes[0] ?? '', /^quote\.format QUOTE_MALFORMED$/, String(size));
    }
  });

  const ended = new Date((mockNow - 60) * 1000).toISOString().replace('.000Z', 'Z');
  const expired: [string, MockChanges, string][] = [
    ['root CRL', { rootCrl: { nextUpdate: mockNow - 60 } }, 'certificates.revocation CRL_NOT_VALID_NOW'],
    ['PCK CRL', { pckCrl: { nextUpdate: mockNow - 60 } }, 'certificates.revocation CRL_NOT_VALID_NOW'],
    [
      'TCB info',
      {
        tcbInfo: (info) => {
          info.nextUpdate = ended;
        },
      },
      'collateral.freshness COLLATERAL_NOT_VALID_NOW',
    ],
    [
      'QE identity',
      {
        qeIdentity: (identity) => {
          identity.nextUpdate = ended;
        },
      },
      'collateral.freshness COLLATERAL_NOT_VALID_NOW',
    ],
  ];
  for (const [what, changes, code] of expired) {
    it(`T26: an expired ${what}, alone, is refused`, async () => {
      const { codes, exitCode } = await verdictOf(...wordsOf(createMockCase(changes)));
      assert.deepEqual([codes, exitCode], [[code], 1]);
    });
  }

  for (const status of ['ConfigurationNeeded', 'SWHardeningNeeded', 'ConfigurationAndSWHardeningNeeded', 'Revoked']) {
    it(`T25: a platform that is ${status} is accepted by a policy that lists it, and by no other`, async () => {
      const words = wordsOf(
        createMockCase({
          tcbInfo: ({ tcbLevels: [level] }) => {
            if (level) level.tcbStatus = status;
          },
        }),
      );
      assert.deepEqual((await verdictOf(...words)).codes, ['tcb.status TCB_STATUS_REFUSED']);
      const policy = { version: 1, name: 'lenient', require: 'genuine', tcb: { statuses: [status] } };
      const { exitCode } = await run(...words, '--policy', write(JSON.stringify(policy)));
      // No policy can list the last one.
      assert.equal(exitCode, status === 'Revoked' ? 2 : 0);
    });
  }

  it('T23, T24: a debugged TD and another MRTD are refused', async () => {
    assert.deepEqual(
      (await verdictOf(...wordsOf(createMockCase({ td: { tdAttributes: '0100001000000000' } })))).codes,
      ['td.attributes TD_DEBUG'],
    );
    const of = (n: string) => n.repeat(48);
    const os = [{ name: 'x', mrTd: of('ff'), rtmr0: of('a2'), rtmr1: of('a3'), rtmr2: of('a4') }];
    const policy = write(JSON.stringify({ version: 1, name: 'pinned', require: 'genuine', os }));
    assert.deepEqual((await verdictOf(...wordsOf(good), '--policy', policy)).codes, [
      'measurement.os MEASUREMENT_UNKNOWN',
    ]);
  });

  it('a missing file, a folder, a device, a policy with a slip and two targets are wrong usage', async () => {
    mkdirSync(join(folder, 'dir'));
    const slip = write('{"version":1,"name":"x","statement":{"swop":false}}');
    const twice = write('{"version":1,"name":"x","name":"y"}');
    const cases: [string[], RegExp][] = [
      [['--quote', join(folder, 'nowhere')], /nowhere cannot be used: there is no such file/],
      [['--quote', join(folder, 'dir')], /it is a folder/],
      [['--quote', '/dev/zero'], /it is a pipe or a device/],
      [[...wordsOf(good), '--policy', slip], /statement\.swop is not a property that is known.*docs\/attestation\.md/],
      [[...wordsOf(good), '--policy', twice], /"name" is there twice/],
      [[...wordsOf(good), '--insecure-dev-root', slip], /it is no certificate/],
      [['--time', 'yesterday'], /seconds since 1970/],
      [[], /Name/],
    ];
    for (const [words, expected] of cases) {
      const { exitCode, err } = await run(...words);
      assert.equal(exitCode, 2, words.join(' '));
      assert.match(err, expected);
    }
  });
});
