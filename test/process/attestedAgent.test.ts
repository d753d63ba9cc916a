// The service beside an agent that fails in all the ways in which agents fail, and with certificates that change: proofs go on, evidence says
// what is wrong, and comes back by itself.
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { copyFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { parseQuote } from '../../src/attestation/verify/quote/parseQuote.js';
import { decodeReport } from '../../src/attestation/verify/report/decodeReport.js';
import { holdingClock } from '../../src/clock.js';
import { ask } from '../../src/testkit/attestation/askService.js';
import { type AgentFault, type FakeAgent, startFakeAgent } from '../../src/testkit/attestation/fakeAgent.js';
import { createRequester, expectedProof, stdinOf } from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { certificateFile, certificateOf } from '../../src/testkit/testCertificates.js';

const clock = holdingClock;
let nonces = 0;
const newNonce = () => createHash('sha256').update(`${nonces++}`).digest('hex');
const spkiOf = (pem: string) =>
  createHash('sha256')
    .update(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }))
    .digest();

describe('a service whose agent fails', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  let agent: FakeAgent;
  before(async () => {
    agent = await startFakeAgent();
    rig = await createServiceRig({ flags: { attest: 'dstack', 'attest-socket': agent.socketPath } });
    await rig.serve();
  });
  after(async () => {
    await rig.end();
    agent.close();
  });

  const faults: ReadonlyArray<readonly [AgentFault, RegExp]> = [
    ['status 400', /answered GetQuote with status 400/],
    ['status 404', /has no method GetQuote/],
    ['empty fields', /answers without a quote/],
    ['cut JSON', /is no JSON object/],
    ['hangs up', /ended the connection/],
    ['too long', /more than 4194304 bytes/],
    ['silence', /did not answer within 10 s/],
  ];

  it('T42: proves, whatever the fault; the evidence says what it is, and is there again when the agent is', async () => {
    const requester = createRequester(rig.url, { clock });
    await requester.register();
    for (const [fault, problem] of faults) {
      agent.faults.set('GetQuote', fault);
      const stdin = stdinOf(fault);
      const requestId = await requester.submit(stdin);
      const { status, headers, body } = await ask(`${rig.url}/.well-known/attestation?nonce=${newNonce()}`);
      assert.deepEqual([status, headers['retry-after']], [503, '5'], fault);
      const { error } = JSON.parse(body) as { error: { code: string; message: string } };
      assert.equal(error.code, 'QUOTE_UNAVAILABLE', fault);
      assert.match(error.message, problem);
      assert.doesNotMatch(body, /SECRET/);
      const { proofUrl } = await requester.client.waitProof(requestId, { pollMs: 50 });
      assert.ok((await requester.fetchProof(proofUrl)).equals(expectedProof(stdin)), fault);
    }
    agent.faults.clear();
    assert.equal((await ask(`${rig.url}/.well-known/attestation?nonce=${newNonce()}`)).status, 200);
    requester.close();
  });

  it('does nothing for a request whose nonce it cannot have quoted', async () => {
    agent.faults.set('GetQuote', 'status 400');
    const headers = { 'attestation-nonce': newNonce() };
    const { status, body } = await ask(`${rig.url}/health`, { headers });
    assert.deepEqual([status, JSON.parse(body).error.code], [504, 'QUOTE_UNAVAILABLE']);
    agent.faults.clear();
  });

  it('writes neither what the agent says nor what it was asked into its log', async () => {
    const service = rig.spawn({ listen: '127.0.0.1:0', data: join(rig.folder, 'second'), 'log-level': 'trace' });
    const serving = await service.until(({ text }) => text.startsWith('Serving on'));
    const url = /http:\S+/.exec(serving.text)?.[0];
    agent.faults.set('GetQuote', 'status 400');
    const nonce = newNonce();
    await ask(`${url}/.well-known/attestation?nonce=${nonce}`);
    agent.faults.clear();
    await ask(`${url}/.well-known/attestation?nonce=${nonce}`);
    await service.until(({ event }) => event === 'attestation.no_quote');
    await service.stop();
    const log = service.lines.map(({ text }) => text).join('\n');
    assert.doesNotMatch(log, new RegExp(`SECRET|${nonce}|report_data|app-compose`));
  });
});

describe('the TLS of an attested service', { timeout: 600_000 }, () => {
  const ends: Array<() => unknown> = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  async function stageWith(flags: Record<string, string>, agent?: FakeAgent) {
    const rig = await createServiceRig({ flags });
    ends.push(() => rig.end());
    if (agent) ends.push(() => agent.close());
    return { rig, https: rig.url.replace('http:', 'https:') };
  }

  it('has the same key after a restart when it is derived, which the log never shows', async () => {
    const agent = await startFakeAgent();
    const socket = { attest: 'dstack', 'attest-socket': agent.socketPath };
    const { rig, https } = await stageWith({ ...socket, tls: 'derived', 'log-level': 'trace' }, agent);
    const keys = [];
    for (const _ of [1, 2]) {
      const service = await rig.serve();
      keys.push((await ask(`${https}/health`)).spki);
      assert.ok(service.lines.every(({ text }) => !text.includes('7e7e7e')));
      await service.stop();
    }
    assert.deepEqual(keys[0], keys[1]);
    agent.faults.set('GetKey', 'empty fields');
    const refused = rig.spawn();
    assert.equal((await refused.exited).code, 1);
    assert.match(
      refused.lines.map(({ text }) => text).join('\n'),
      /The key for --tls derived cannot be had: the dstack agent answers without a key/,
    );
  });

  it('of a renewed certificate is quoted before its first report, and its evidence files are replaced', async () => {
    const agent = await startFakeAgent();
    const { rig, https } = await stageWith(
      { attest: 'dstack', 'attest-socket': agent.socketPath, 'attest-header': 'always' },
      agent,
    );
    const put = (name: 'server' | 'server-renewed', part: 'cert' | 'key') => {
      copyFileSync(certificateFile(name, part), join(rig.folder, `${part}.new`));
      renameSync(join(rig.folder, `${part}.new`), join(rig.folder, `${part}.pem`));
    };
    put('server', 'cert');
    put('server', 'key');
    const account = join(rig.folder, 'regr.json');
    writeFileSync(account, '{"uri":"https://acme.example/acct/7"}');
    const files = { 'tls-cert': join(rig.folder, 'cert.pem'), 'tls-key': join(rig.folder, 'key.pem') };
    const service = await rig.serve({ ...files, 'acme-account': account });
    const isMade = ({ event }: { event?: string }) => event === 'evidence.made';
    await service.until(isMade);
    const shown = async (name: string) => (await ask(`${https}/evidences/${name}`)).body;
    const manifest = await shown('sha256sum.txt');
    assert.match(manifest, /^[0-9a-f]{64} {2}acme-account\.json\n[0-9a-f]{64} {2}cert\S*\.pem\n$/);
    const reported = async () => {
      const { headers, spki } = await ask(`${https}/health`);
      const report = String(headers['attestation-report']);
      return { quoted: parseQuote(await decodeReport(report)).td.reportData, spki, again: report };
    };
    const first = await reported();
    assert.deepEqual(Buffer.from(first.spki ?? []), spkiOf(certificateOf('server').cert));
    assert.equal((await reported()).again, first.again);

    const renewed = new Promise<void>((resolve) => service.onLine((line) => isMade(line) && resolve()));
    put('server-renewed', 'cert');
    put('server-renewed', 'key');
    await renewed;
    const second = await reported();
    assert.deepEqual(Buffer.from(second.spki ?? []), spkiOf(certificateOf('server-renewed').cert));
    assert.notDeepEqual(second.quoted, first.quoted);
    const manifestAfter = await shown('sha256sum.txt');
    assert.notEqual(manifestAfter, manifest);
    const quote = JSON.parse(await shown('quote.json')) as { quote: string };
    const { td } = parseQuote(new Uint8Array(Buffer.from(quote.quote, 'hex')));
    const quoted = Buffer.concat([createHash('sha256').update(manifestAfter).digest(), Buffer.alloc(32)]);
    assert.deepEqual(Buffer.from(td.reportData), quoted);
    assert.equal((await ask(`${https}/evidences/../health`)).status, 200);
    assert.equal((await ask(`${https}/evidences/other.pem`)).status, 404);
  });

  it('goes on, and shows no evidence, where auto finds no provider', async () => {
    const { rig } = await stageWith({ attest: 'auto' });
    const service = await rig.serve();
    await service.until(({ event }) => event === 'attestation.none');
    assert.equal((await ask(`${rig.url}/.well-known/attestation`)).status, 404);
    const absent = rig.spawn({ listen: '127.0.0.1:0', attest: 'tsm', data: join(rig.folder, 'other') });
    assert.equal((await absent.exited).code, 1);
    assert.match(
      absent.lines.map(({ text }) => text).join('\n'),
      /This machine has no \/sys\/kernel\/config\/tsm\/report/,
    );
  });
});
