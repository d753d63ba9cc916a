// Evidence files as of dstack-ingress, live and from a folder, CAA records by a DNS server of the test kit, and what --save keeps.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { checkCaa } from '../../attestation/check/dns/checkCaa.js';
import { lookUpCaa } from '../../attestation/check/dns/lookUpCaa.js';
import { holdingClock } from '../../clock.js';
import { attestCli } from '../../testkit/attestation/attestCli.js';
import {
  type FakeTarget,
  mockEvidence,
  mockPolicy,
  mockRootDer,
  nonceOf,
  startFakeTarget,
} from '../../testkit/attestation/fakeTarget.js';
import { mockNow } from '../../testkit/attestation/mockPki.js';
import { createMockTarget } from '../../testkit/attestation/mockTarget.js';
import { type FakeDns, startFakeDns } from '../../testkit/network/fakeDns.js';
import { certificateOf } from '../../testkit/testCertificates.js';
import { SimulatedClock } from '../../testkit/world/simulatedClock.js';

const cli = attestCli();
const account = 'https://acme.example.org/acct/7';
const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let target: FakeTarget;
let words: string[];
let collateral: string;
/** What the target serves under /evidences/. */
let files: Record<string, string>;
before(async () => {
  target = await startFakeTarget(
    (_request, response, url) => {
      const content = files[url.pathname.replace('/evidences/', '')];
      response.writeHead(content === undefined ? 404 : 200).end(content);
    },
    { tls: 'server' },
  );
  collateral = cli.write((await createMockTarget()).collateral);
  const root = cli.write(await mockRootDer());
  words = ['--collateral', collateral, '--insecure-dev-root', root, '--time', String(mockNow)];
});
after(() => target.close());

async function evidenceFiles({ cert = certificateOf('server').cert, reportData = '' } = {}) {
  const listed = { 'acme-account.json': JSON.stringify({ uri: account, body: {} }), 'cert-127.0.0.1.pem': cert };
  const manifest = Object.entries(listed)
    .map(([name, content]) => `${sha256(content)}  ${name}\n`)
    .join('');
  const td = { reportData: reportData || `${sha256(manifest)}${'00'.repeat(32)}` };
  const mock = await createMockTarget({ td });
  const quote = {
    quote: Buffer.from(mock.quote).toString('hex'),
    event_log: mock.evidence.eventLog,
    report_data: '',
    vm_config: '',
  };
  return { ...listed, 'sha256sum.txt': manifest, 'quote.json': JSON.stringify(quote) } as Record<string, string>;
}
const verify = (...more: string[]) => cli.verdict(target.url, ...words, ...more);

describe('evidence files', () => {
  it('bind the served certificate, without a nonce', async () => {
    files = await evidenceFiles();
    const { codes, exitCode, level, checks, target: of } = await verify();
    assert.deepEqual([codes, exitCode, level, of.kind], [[], 0, 'bound', 'ingress']);
    const ok = checks.filter(({ status }) => status === 'ok').map(({ id }) => id);
    for (const id of ['evidence.manifest', 'evidence.certificate', 'binding.report_data'] as const)
      assert.ok(ok.includes(id), id);
    assert.ok(!ok.includes('binding.nonce') && !ok.includes('dns.caa'));
  });

  it('are refused by a policy that asks for a nonce', async () => {
    files = await evidenceFiles();
    const policy = (nonce: string) =>
      cli.write(JSON.stringify({ version: 1, name: 'x', require: 'bound', tls: { nonce } }));
    assert.deepEqual((await verify('--policy', policy('require'))).codes, ['binding.nonce NONCE_WRONG']);
    assert.equal((await verify('--policy', policy('optional'))).exitCode, 0);
  });

  const wrong: [string, () => Promise<Record<string, string>>, string][] = [
    [
      'a certificate that is not the served one',
      () => evidenceFiles({ cert: certificateOf('server-renewed').cert }),
      'evidence.certificate EVIDENCE_CERTIFICATE_WRONG',
    ],
    [
      'a certificate for another host',
      () => evidenceFiles({ cert: certificateOf('client').cert }),
      'evidence.certificate EVIDENCE_CERTIFICATE_WRONG',
    ],
    [
      'a quote of another list',
      () => evidenceFiles({ reportData: 'ab'.repeat(64) }),
      'binding.report_data REPORT_DATA_WRONG',
    ],
    [
      'a file that was changed',
      async () => ({ ...(await evidenceFiles()), 'acme-account.json': '{"uri":"https://x/"}' }),
      'evidence.manifest EVIDENCE_FILE_WRONG',
    ],
    [
      'an error page for a quote',
      async () => ({ ...(await evidenceFiles()), 'quote.json': '<html>' }),
      'evidence.manifest EVIDENCE_MALFORMED',
    ],
    [
      'a list with a path in it',
      async () => ({ ...(await evidenceFiles()), 'sha256sum.txt': `${'ab'.repeat(32)}  ../x\n` }),
      'quote.format EVIDENCE_MALFORMED',
    ],
    [
      'a list with a name twice',
      async () => ({ ...(await evidenceFiles()), 'sha256sum.txt': `${'ab'.repeat(32)}  x\n`.repeat(2) }),
      'quote.format EVIDENCE_MALFORMED',
    ],
    [
      'a list with one space',
      async () => ({ ...(await evidenceFiles()), 'sha256sum.txt': `${'ab'.repeat(32)} x\n` }),
      'quote.format EVIDENCE_MALFORMED',
    ],
    [
      'a listed file that is not shown',
      async () => ({ ...(await evidenceFiles()), 'sha256sum.txt': `${'ab'.repeat(32)}  gone.pem\n` }),
      'evidence.manifest EVIDENCE_FILE_WRONG',
    ],
  ];
  for (const [title, make, code] of wrong) {
    it(`with ${title} are refused: ${code.split(' ')[1]}`, async () => {
      files = await make();
      const { codes, exitCode } = await verify();
      assert.deepEqual([codes[0], exitCode], [code, 1]);
    });
  }

  it('a digest that is elsewhere in the quote is no binding: the host chooses MRCONFIGID', async () => {
    const manifest = (await evidenceFiles())['sha256sum.txt'] ?? '';
    const mock = await createMockTarget({ td: { reportData: '00'.repeat(64), mrConfigId: `03${sha256(manifest)}` } });
    files = {
      ...(await evidenceFiles()),
      'quote.json': JSON.stringify({ quote: Buffer.from(mock.quote).toString('hex') }),
    };
    assert.deepEqual((await verify()).codes, ['binding.report_data REPORT_DATA_WRONG']);
  });

  it('from a folder alone are genuine at most: no certificate was seen', async () => {
    const folder = join(cli.folder, 'downloaded');
    mkdirSync(folder);
    for (const [name, content] of Object.entries(await evidenceFiles())) writeFileSync(join(folder, name), content);
    const { codes, level, exitCode } = await cli.verdict('--files', folder, ...words);
    assert.deepEqual([codes, level, exitCode], [['evidence.certificate EVIDENCE_CERTIFICATE_WRONG'], 'genuine', 1]);
  });
});

describe('what --save keeps', () => {
  it('gives the same verdict again without a network, and says that key and nonce are saved ones', async () => {
    const live = await startFakeTarget(() => undefined, { tls: 'server' });
    live.answer = async (_request, response, url) =>
      void response.end(JSON.stringify(await mockEvidence({ nonce: nonceOf(url), spki: live.spki })));
    const folder = join(cli.folder, 'saved');
    const policy = cli.write(await mockPolicy());
    const first = await cli.verdict(live.url, ...words, '--policy', policy, '--save', folder);
    live.close();
    assert.equal(first.exitCode, 0);
    const more = ['--collateral', join(folder, 'collateral.json'), ...words.slice(2)];
    const again = await cli.verdict('--files', folder, ...more, '--policy', policy);
    assert.deepEqual([again.exitCode, again.level, again.target], [0, 'identified', first.target]);
    const details = again.checks.map(({ detail }) => detail).join('\n');
    assert.match(
      details,
      /The saved connection ends at the quoted key[\s\S]*made after we asked, with the saved nonce/,
    );
    assert.equal(JSON.parse(readFileSync(join(folder, 'verdict.json'), 'utf8')).verdict, 'accepted');

    const changed = join(cli.folder, 'changed');
    cpSync(folder, changed, { recursive: true });
    const path = join(changed, 'target.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"nonce": "./, '"nonce": "g'));
    assert.equal((await cli.run('verify', '--files', changed, ...more)).exitCode, 2);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"nonce": "[^"]*"/, `"nonce": "${'ab'.repeat(32)}"`));
    assert.deepEqual((await cli.verdict('--files', changed, ...more)).codes, ['binding.report_data NONCE_WRONG']);
  });

  it('gives evidence files again too', async () => {
    files = await evidenceFiles();
    const folder = join(cli.folder, 'saved-files');
    assert.equal((await verify('--save', folder)).exitCode, 0);
    const { exitCode, level } = await cli.verdict('--files', folder, ...words);
    assert.deepEqual([exitCode, level], [0, 'bound']);
  });
});

describe('CAA records', () => {
  let dns: FakeDns;
  before(async () => {
    dns = await startFakeDns();
  });
  after(() => dns.close());
  const check = async (mode: 'require' | 'check' = 'check', host = 'a.prover.example.org') => {
    const answer = await lookUpCaa({ host, server: dns.address, clock: holdingClock });
    const made = checkCaa({ answer, accounts: [account], mode });
    return made.status === 'fail' ? made.code : made.status;
  };
  const ours = { tag: 'issue', value: `letsencrypt.org;validationmethods=dns-01;accounturi=${account}` };

  const cases: [
    title: string,
    zone: [string, Parameters<FakeDns['zone']['set']>[1]][],
    required: string,
    checked: string,
  ][] = [
    ['of the account at a name above', [['example.org', [ours]]], 'ok', 'ok'],
    [
      'of the account, with spaces and a record for nobody',
      [
        [
          'a.prover.example.org',
          [
            { tag: 'issue', value: `x.org ; accounturi=${account}` },
            { tag: 'issuewild', value: ';' },
          ],
        ],
      ],
      'ok',
      'ok',
    ],
    [
      'of another account',
      [['example.org', [{ tag: 'issue', value: 'x.org; accounturi=https://acme.example.org/acct/70' }]]],
      'CAA_OTHER_ACCOUNT',
      'CAA_OTHER_ACCOUNT',
    ],
    [
      'of the account and of anybody',
      [['example.org', [ours, { tag: 'issue', value: 'x.org' }]]],
      'CAA_OTHER_ACCOUNT',
      'CAA_OTHER_ACCOUNT',
    ],
    [
      'nearer to the name, of another account',
      [
        ['example.org', [ours]],
        ['prover.example.org', [{ tag: 'issue', value: 'x.org' }]],
      ],
      'CAA_OTHER_ACCOUNT',
      'CAA_OTHER_ACCOUNT',
    ],
    [
      'that limit nobody',
      [['example.org', [{ tag: 'iodef', value: 'mailto:a@example.org' }]]],
      'CAA_MISSING',
      'CAA_MISSING',
    ],
    [
      'that are critical and not known',
      [['example.org', [ours, { flags: 128, tag: 'tbs', value: 'x' }]]],
      'CAA_OTHER_ACCOUNT',
      'CAA_OTHER_ACCOUNT',
    ],
    ['nowhere', [], 'CAA_MISSING', 'skip'],
    ['of a server that fails', [['a.prover.example.org', 'servfail']], 'CAA_MISSING', 'skip'],
  ];
  for (const [title, zone, required, checked] of cases) {
    it(`${title}: ${checked}`, async () => {
      dns.zone.clear();
      for (const [name, records] of zone) dns.zone.set(name, records);
      assert.deepEqual([await check('require'), await check('check')], [required, checked]);
    });
  }

  it('climbs eight steps at most', async () => {
    dns.zone.clear();
    dns.asked.length = 0;
    await check('check', `${'a.'.repeat(30)}org`);
    assert.equal(new Set(dns.asked).size, 8);
  });

  it('a server that is silent is not an answer: it fails, whatever the policy asks', async () => {
    dns.zone.set('a.prover.example.org', 'silence');
    dns.asked.length = 0;
    const clock = new SimulatedClock();
    const asking = lookUpCaa({ host: 'a.prover.example.org', server: dns.address, clock });
    while (dns.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(10_000);
    const answer = await asking;
    assert.equal(answer.kind, 'outOfReach');
    assert.equal(checkCaa({ answer, accounts: [account], mode: 'check' }).status, 'fail');
  });

  it('are asked for from the command line, and exit code 3 says that nobody answered', async () => {
    const local = await startFakeTarget(target.answer, { tls: 'server' });
    files = await evidenceFiles();
    // A name of this machine: the certificate is for it as well, or the check of it fails too.
    const url = local.url.replace('127.0.0.1', 'localhost');
    dns.zone.clear();
    dns.zone.set('localhost', [{ tag: 'issue', value: 'x.org' }]);
    const run = (server: string) => cli.verdict(url, ...words, '--dns', server);
    assert.ok((await run(dns.address)).codes.includes('dns.caa CAA_OTHER_ACCOUNT'));
    dns.zone.set('localhost', [ours]);
    assert.ok(!(await run(dns.address)).codes.some((code) => code.startsWith('dns')));
    local.close();
  });
});
