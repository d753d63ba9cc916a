// The service with quotes of the development PKI, and what a client that verifies them sees: evidence, headers, refusals.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseQuote } from '../../src/attestation/verify/quote/parseQuote.js';
import { decodeReport } from '../../src/attestation/verify/report/decodeReport.js';
import { reportData } from '../../src/attestation/verify/reportData.js';
import { type Answered, ask, askByHttp2, callGrpc } from '../../src/testkit/attestation/askService.js';
import { codesOf, type Shown, verdictOn } from '../../src/testkit/attestation/verdictOn.js';
import { runToEnd } from '../../src/testkit/service/realService.js';
import { buildService } from '../../src/testkit/service/serviceBuild.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';

const nonceOf = (byte: number) => Buffer.alloc(32, byte);
const wellKnown = (nonce: Uint8Array) => `/.well-known/attestation?nonce=${Buffer.from(nonce).toString('hex')}`;
const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest());

describe('a service with development quotes', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let service: ServiceProcess;
  let https: string;
  let root: string;
  before(async () => {
    rig = await createServiceRig({ flags: { attest: 'dev', tls: 'ephemeral' } });
    service = await rig.serve();
    https = rig.url.replace('http:', 'https:');
    root = createHash('sha256')
      .update(readFileSync(join(rig.data, 'dev-root.der')))
      .digest('hex');
  });
  after(() => rig.end());

  const evidence = async (nonce: Uint8Array): Promise<{ shown: Shown; spki: Uint8Array | undefined }> => {
    const { status, body, spki } = await ask(`${https}${wellKnown(nonce)}`);
    assert.equal(status, 200, body);
    return { shown: JSON.parse(body) as Shown, spki };
  };

  /** What the report of this answer is over. */
  async function quotedIn({ headers }: Answered): Promise<Uint8Array> {
    const report = headers['attestation-report'];
    assert.ok(typeof report === 'string', 'no report');
    return parseQuote(await decodeReport(report)).td.reportData;
  }

  it('is accepted as bound to nonce and connection by a verifier that is given its root', async () => {
    const nonce = nonceOf(1);
    const { shown, spki } = await evidence(nonce);
    const verdict = await verdictOn(shown, { nonce, spki }, [root]);
    assert.deepEqual([verdict.verdict, verdict.level, codesOf(verdict)], ['accepted', 'bound', []]);
    assert.equal((verdict.facts?.statement as { provider: string }).provider, 'dev');
  });

  it('is refused by one that is not', async () => {
    const nonce = nonceOf(2);
    const { shown, spki } = await evidence(nonce);
    const verdict = await verdictOn(shown, { nonce, spki });
    assert.equal(verdict.verdict, 'rejected');
    assert.ok(codesOf(verdict).includes('CERT_CHAIN_INVALID'), String(codesOf(verdict)));
  });

  it('is accepted by `attest verify` with its root, and refused without', async () => {
    const verify = (...words: string[]) =>
      runToEnd(process.execPath, [
        join(buildService(), 'cli.js'),
        ...['attest', 'verify', https, '--require', 'bound', ...words],
      ]);
    const accepted = await verify('--insecure-dev-root', join(rig.data, 'dev-root.der'));
    assert.equal(accepted.code, 0, accepted.output);
    const refused = await verify();
    assert.equal(refused.code, 1, refused.output);
    assert.match(refused.output, /CERT_CHAIN_INVALID/);
  });

  it('is refused for another nonce, and on another connection', async () => {
    const nonce = nonceOf(3);
    const { shown, spki } = await evidence(nonce);
    assert.deepEqual(codesOf(await verdictOn(shown, { nonce: nonceOf(4), spki }, [root])), ['NONCE_WRONG']);
    const other = new Uint8Array(32).fill(9);
    assert.deepEqual(codesOf(await verdictOn(shown, { nonce, spki: other }, [root])), ['TLS_KEY_WRONG']);
    const edited = Buffer.from(Buffer.from(shown.statement, 'base64').toString().replace('"gpu":0', '"gpu":1'));
    const lied = { ...shown, statement: edited.toString('base64') };
    assert.deepEqual(codesOf(await verdictOn(lied, { nonce, spki }, [root])), ['REPORT_DATA_WRONG']);
  });

  it('T39: reports on whatever is asked with a nonce: answers and refusals, HTTP/1.1, HTTP/2 and gRPC', async () => {
    const { shown } = await evidence(nonceOf(5));
    const statement = sha256(Buffer.from(shown.statement, 'base64'));
    const key = shown.keys.body_x25519 ?? '-';
    const body = new Uint8Array(Buffer.from(key, 'hex'));
    const answers: ReadonlyArray<
      readonly [what: string, ask: (headers: Record<string, string>) => Promise<Answered>, status: number]
    > = [
      ['health, HTTP/1.1 in the clear', (headers) => ask(`${rig.url}/health`, { headers }), 200],
      ['health, HTTP/1.1 by TLS', (headers) => ask(`${https}/health`, { headers }), 200],
      ['nothing, HTTP/1.1', (headers) => ask(`${https}/nothing`, { headers }), 404],
      ['a refused upload', (headers) => ask(`${https}/artifacts/${'ab'.repeat(32)}`, { method: 'PUT', headers }), 403],
      ['health, HTTP/2 by TLS', (headers) => askByHttp2(https, '/health', headers), 200],
      ['nothing, HTTP/2 in the clear', (headers) => askByHttp2(rig.url, '/nothing', headers), 404],
      ['a call', (headers) => callGrpc(https, '/grpc.health.v1.Health/Check', headers), 0],
      ['a call in the clear', (headers) => callGrpc(rig.url, '/grpc.health.v1.Health/Check', headers), 0],
      ['a method that is not there', (headers) => callGrpc(https, '/no.Such/Method', headers), 12],
      [
        'a call that is refused',
        (headers) => callGrpc(https, '/network.ProverNetwork/RequestProof', headers, Buffer.of(0xff)),
        3,
      ],
    ];
    for (const [i, [what, answer, status]] of answers.entries()) {
      const nonce = nonceOf(20 + i);
      const answered = await answer({ 'attestation-nonce': nonce.toString('hex') });
      assert.equal(answered.status, status, what);
      assert.deepEqual(
        await quotedIn(answered),
        await reportData({ nonce, spki: answered.spki, body, statement }),
        what,
      );
      const spki = answered.spki === undefined ? '-' : Buffer.from(answered.spki).toString('hex');
      const hint = `v=1; spki=${spki}; body=${key}; nonce=${nonce.toString('hex')}; statement=${Buffer.from(statement).toString('hex')}`;
      assert.equal(answered.headers['attestation-binding'], hint, what);
    }
  });

  it('has no report in its head for those who send no nonce', async () => {
    for (const answered of [
      await ask(`${https}/health`),
      await askByHttp2(https, '/health'),
      await callGrpc(https, '/grpc.health.v1.Health/Check'),
    ])
      assert.deepEqual(
        Object.keys(answered.headers).filter((name) => name.startsWith('attestation')),
        [],
      );
  });

  it('T8: refuses nonces that are none before anything is done', async () => {
    const good = nonceOf(7).toString('hex');
    const wrong = [
      good.slice(2),
      `${good}00`,
      good.replace(/0/g, 'A').toUpperCase(),
      'x'.repeat(64),
      '',
      `${good}, ${good}`,
    ];
    for (const nonce of wrong) {
      const headers = { 'attestation-nonce': nonce };
      for (const answered of [
        await ask(`${rig.url}/health`, { headers }),
        await askByHttp2(https, '/health', headers),
        await ask(`${rig.url}/.well-known/attestation?nonce=${encodeURIComponent(nonce)}`),
      ]) {
        assert.equal(answered.status, 400, nonce);
        assert.equal(JSON.parse(answered.body).error.code, 'NONCE_MALFORMED');
      }
      assert.equal((await callGrpc(https, '/grpc.health.v1.Health/Check', headers)).status, 3);
    }
    const twice = await ask(`${rig.url}/.well-known/attestation?nonce=${good}&nonce=${good}`);
    assert.equal(JSON.parse(twice.body).error.code, 'NONCE_MALFORMED');
    const unknown = await ask(`${rig.url}/.well-known/attestation?nonce=${good}&format=cbor`);
    assert.deepEqual([unknown.status, JSON.parse(unknown.body).error.code], [400, 'MALFORMED_REQUEST']);
  });

  it('T43: tells those who ask too often to come back', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask(`${rig.url}/.well-known/attestation`)));
    const refused = answers.filter(({ status }) => status === 503);
    // How many, a simulated clock says in src/attestation/evidence/rateLimit.test.ts.
    assert.ok(refused.length > 0);
    assert.ok(refused.every(({ headers, body }) => headers['retry-after'] === '5' && body.includes('QUOTE_BUSY')));
    assert.equal((await ask(`${rig.url}/health`)).status, 200);
  });

  it('warns that its quotes prove nothing', async () => {
    const line = await service.until(({ event }) => event === 'attestation.simulated');
    assert.match(line.text, /"level":"warn".*prove nothing/);
  });

  it('counts its starts', async () => {
    const generation = async () => {
      const { shown } = await evidence(nonceOf(6));
      return (JSON.parse(Buffer.from(shown.statement, 'base64').toString()) as { generation: number }).generation;
    };
    await service.stop();
    service = await rig.serve();
    assert.equal(await generation(), 2);
  });
});

describe('development quotes', { timeout: 600_000 }, () => {
  it('are refused in production, and beyond this machine', async () => {
    const rig = await createServiceRig({ flags: { attest: 'dev' }, environment: { NODE_ENV: 'production' } });
    const inProduction = rig.spawn();
    assert.equal((await inProduction.exited).code, 1);
    assert.match(
      inProduction.lines.map(({ text }) => text).join('\n'),
      /This is production \(NODE_ENV\), and development quotes/,
    );
    const beyond = rig.spawn({ listen: '0.0.0.0:0' });
    assert.equal((await beyond.exited).code, 2);
    assert.match(beyond.lines.map(({ text }) => text).join('\n'), /--attest dev is for this machine alone/);
    await rig.end();
  });
});

describe('a service without attestation', { timeout: 600_000 }, () => {
  it('answers those who ask for it as it answers all others, byte for byte', async (t) => {
    const rig = await createServiceRig();
    t.after(() => rig.end());
    const service = await rig.serve();
    const headers = { 'attestation-nonce': nonceOf(1).toString('hex') };
    const same = (answered: Answered) => ({ ...answered, headers: { ...answered.headers, date: '' } });
    for (const path of ['/requests/x', '/nothing'])
      assert.deepEqual(same(await ask(`${rig.url}${path}`, { headers })), same(await ask(`${rig.url}${path}`)));
    assert.deepEqual(
      same(await ask(`${rig.url}${wellKnown(nonceOf(1))}`, { headers })),
      same(await ask(`${rig.url}/nothing`)),
    );
    assert.deepEqual(same(await ask(`${rig.url}/evidences/sha256sum.txt`)), same(await ask(`${rig.url}/nothing`)));
    for (const method of ['/grpc.health.v1.Health/Check', '/no.Such/Method'])
      assert.deepEqual(await callGrpc(rig.url, method, headers), await callGrpc(rig.url, method));
    assert.deepEqual(readdirSync(rig.data).sort(), ['admin.sock', 'artifacts', 'run', 'store']);
    assert.ok(!existsSync(join(rig.data, 'dev-root.der')));
    assert.ok(service.lines.every(({ event }) => !event?.startsWith('attestation')));
  });
});
