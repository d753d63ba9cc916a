// `sealed-prover attest verify` as a process of its own, against targets in another: the attacks that it has to withstand, by number.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Verdict } from '../../src/attestation/verify/attestation.js';
import { ask } from '../../src/testkit/attestation/askService.js';
import {
  type Answer,
  type FakeTarget,
  mockEvidence,
  mockPolicy,
  mockRootDer,
  nonceOf,
  startFakeTarget,
} from '../../src/testkit/attestation/fakeTarget.js';
import { mockNow } from '../../src/testkit/attestation/mockPki.js';
import { createServiceRig, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';

const folder = temporaryFolder('attest');
const entry = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const root = join(folder, 'root.der');
const policy = join(folder, 'policy.json');
const words = ['--insecure-dev-root', root, '--time', String(mockNow)];
let target: FakeTarget;

before(async () => {
  writeFileSync(root, await mockRootDer());
  writeFileSync(policy, await mockPolicy());
  target = await startFakeTarget(() => undefined, { tls: 'server' });
});
after(() => target.close());

interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

const run = (...more: string[]) =>
  new Promise<Ran>((resolve) => {
    const env = { PATH: process.env['PATH'], XDG_CACHE_HOME: folder, XDG_STATE_HOME: folder };
    const child = execFile(
      process.execPath,
      [...process.execArgv, entry, 'attest', 'verify', ...more],
      { env },
      (_error, out, err) => resolve({ exitCode: child.exitCode ?? -1, out, err }),
    );
  });

async function codesOf(answer: Answer): Promise<{ exitCode: number; codes: readonly string[] }> {
  target.answer = answer;
  const { exitCode, out, err } = await run(target.url, ...words, '--json');
  assert.equal(err, '');
  const { checks } = JSON.parse(out) as Verdict;
  return { exitCode, codes: checks.flatMap((check) => (check.status === 'fail' ? [check.code] : [])) };
}

const other = new Uint8Array(32).fill(7);
const json =
  (
    bound: Parameters<typeof mockEvidence>[0],
    change = (_evidence: Awaited<ReturnType<typeof mockEvidence>>) => {},
  ): Answer =>
  async (_request, response, url) => {
    const evidence = await mockEvidence({ nonce: nonceOf(url), spki: target.spki, ...bound });
    change(evidence);
    response.end(JSON.stringify(evidence));
  };
const header =
  (...values: string[]): Answer =>
  (request, response) => {
    if (request.method === 'HEAD') response.setHeader('Attestation-Report', values);
    response.writeHead(404).end();
  };
const packed = async () =>
  gzipSync(Buffer.from((await mockEvidence({ nonce: other })).quote, 'base64')).toString('base64');

describe('attest verify, a process against a target', () => {
  it('an honest one is identified by its policy: exit code 0, a table of 100 columns, what proves nothing first', async () => {
    target.answer = json({});
    const { exitCode, out, err } = await run(target.url, ...words, '--policy', policy);
    assert.deepEqual([exitCode, err], [0, '']);
    assert.match(out, /^WARNING Nothing was proven[\s\S]*ACCEPTED: level identified, identified is asked for\.\n$/);
    assert.ok(out.split('\n').every((line) => line.length <= 100));
  });

  const attacks: [title: string, answer: () => Promise<Answer> | Answer, code: string][] = [
    ['T4: a genuine report of an earlier session', () => json({ nonce: undefined }), 'NONCE_WRONG'],
    ['T5: a report over another nonce', () => json({ nonce: other }), 'NONCE_WRONG'],
    ['T9: a report of another connection', () => json({ spki: other }), 'TLS_KEY_WRONG'],
    ['T16: two reports, good and bad', async () => header(await packed(), 'bad'), 'HEADER_DUPLICATE'],
    ['T17: a report in another alphabet', () => header('-_-_'), 'HEADER_MALFORMED'],
    ['T19: a header of 61 KB', () => header('A'.repeat(61_312)), 'HEADER_TOO_LARGE'],
    ['T20: a gzip bomb', () => header(gzipSync(Buffer.alloc(8_000_000)).toString('base64')), 'GZIP_LIMIT'],
    [
      'T21: something behind the quote',
      () =>
        json({}, (evidence) => {
          evidence.quote = Buffer.concat([Buffer.from(evidence.quote, 'base64'), Buffer.of(1)]).toString('base64');
        }),
      'QUOTE_MALFORMED',
    ],
    [
      'T31: a key for bodies that was not quoted',
      () =>
        json({}, (evidence) => {
          evidence.keys.body_x25519 = '09'.repeat(32);
        }),
      'BODY_KEY_WRONG',
    ],
  ];
  for (const [title, make, code] of attacks) {
    it(`${title}: ${code}, exit code 1`, async () => {
      const { codes, exitCode } = await codesOf(await make());
      assert.deepEqual([codes[0], exitCode], [code, 1]);
    });
  }

  it('T3: a padded report that is bound to nothing is genuine, and refused', async () => {
    const quote = Buffer.from((await mockEvidence({ nonce: other })).quote, 'base64');
    const set = join(folder, 'set.json');
    writeFileSync(set, JSON.stringify((await mockEvidence({})).collateral));
    target.answer = header(gzipSync(Buffer.concat([quote, Buffer.alloc(3_000)])).toString('base64'));
    const { exitCode, out } = await run(target.url, ...words, '--collateral', set);
    assert.equal(exitCode, 1);
    assert.match(out, /^FAIL {2}binding\.report_data[\s\S]*REPORT_DATA_WRONG[\s\S]*level genuine, bound is asked for/m);
  });

  it('T29: a target and a PCCS that are away are exit code 3, with a sentence and no stack', async () => {
    const away = await run('https://127.0.0.1:9', ...words);
    assert.deepEqual([away.exitCode, away.out], [3, '']);
    assert.match(away.err, /^https:\/\/127\.0\.0\.1:9\S* cannot be asked: the connection was refused\.\n$/);
    const quote = join(folder, 'quote');
    writeFileSync(quote, Buffer.from((await mockEvidence({})).quote, 'base64'));
    const { exitCode, out } = await run('--quote', quote, ...words, '--pccs', 'http://127.0.0.1:9');
    assert.equal(exitCode, 3);
    assert.match(out, /COLLATERAL_UNAVAILABLE: Try again later[\s\S]*NOT CHECKED/);
  });

  it('a target that takes the connection and says nothing is given up within ten seconds', async () => {
    const silent = createServer(() => undefined).unref();
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as { port: number };
    const { exitCode, err } = await run(`http://127.0.0.1:${port}`, ...words);
    silent.close();
    assert.equal(exitCode, 3);
    assert.match(err, /cannot be asked: no whole answer within 10 s\.\n$/);
  });
});

describe('attest verify, a process against a service with development quotes', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let url: string;
  let named: string[];
  before(async () => {
    rig = await createServiceRig({ flags: { attest: 'dev', tls: 'ephemeral' } });
    await rig.serve();
    url = rig.url.replace('http:', 'https:');
    named = ['--insecure-dev-root', join(rig.data, 'dev-root.der')];
  });
  after(() => rig.end());

  it('is bound to nonce and key when the root is named, and refused when it is not', async () => {
    const bound = await run(url, ...named);
    assert.deepEqual([bound.exitCode, bound.err], [0, '']);
    assert.match(bound.out, /^WARNING Nothing was proven/);
    assert.match(bound.out, /^ok {4}binding\.tls_key[\s\S]*^ok {4}binding\.nonce[\s\S]*ACCEPTED: level bound/m);
    const refused = await run(url);
    assert.equal(refused.exitCode, 1);
    assert.match(refused.out, /^FAIL {2}certificates\.chain[\s\S]*CERT_CHAIN_INVALID/m);
  });

  it('T36: what a client says of attestation in its own headers comes back in no answer', async () => {
    const forged = { 'attestation-report': 'Zm9yZ2Vk', 'attestation-binding': 'v=1', 'x-flashbots-measurement': 'x' };
    const plain = await ask(`${url}/health`, { headers: forged });
    assert.deepEqual(
      Object.keys(plain.headers).filter((name) => name.startsWith('attestation') || name.startsWith('x-flashbots')),
      [],
    );
    const attested = await ask(`${url}/health`, { headers: { ...forged, 'attestation-nonce': 'ab'.repeat(32) } });
    assert.match(String(attested.headers['attestation-report']), /^H4sI/);
    assert.match(String(attested.headers['attestation-binding']), /^v=1; spki=[0-9a-f]{64}; /);
  });

  it('T43: one that is asked too often is not checked, and says so', async () => {
    // It has a new quote for each address every second. Whoever floods it takes that one too, but for now and then.
    const flooded = () => ask(`${url}/.well-known/attestation?nonce=${'ab'.repeat(32)}`);
    while ((await flooded()).status !== 503);
    let isOver = false;
    const flood = async () => {
      while (!isOver) await flooded();
    };
    const floods = [flood(), flood()];
    let asked = await run(url, ...named, '--json');
    for (let time = 0; asked.exitCode === 0 && time < 10; time++) asked = await run(url, ...named, '--json');
    isOver = true;
    await Promise.all(floods);
    assert.equal(asked.exitCode, 3);
    assert.equal(JSON.parse(asked.out).error.code, 'QUOTE_BUSY');
  });
});
