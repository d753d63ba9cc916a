// The gateway as a process between clients and provers on real sockets: what it shows of itself, and what it passes on.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { parseQuote } from '../../src/attestation/verify/quote/parseQuote.js';
import { decodeReport } from '../../src/attestation/verify/report/decodeReport.js';
import { createSigner } from '../../src/client/signer.js';
import { ArtifactType, CreateArtifactRequestSchema } from '../../src/gen/artifact/artifact_pb.js';
import { type Answered, ask, askByHttp2, callGrpc } from '../../src/testkit/attestation/askService.js';
import { freePort } from '../../src/testkit/freePort.js';
import { spawnGateway, startGateway } from '../../src/testkit/gateway/gatewayRig.js';
import { readAsPatch969 } from '../../src/testkit/gateway/patch969.js';
import { startHttp1, startHttp2 } from '../../src/testkit/relay/relayRig.js';
import { runToEnd } from '../../src/testkit/service/realService.js';
import { buildService } from '../../src/testkit/service/serviceBuild.js';
import { createServiceRig } from '../../src/testkit/service/serviceRig.js';

const nonce = 'ab'.repeat(32);
const forged = { 'attestation-report': 'Zm9yZ2Vk', 'attestation-binding': 'v=1', 'x-flashbots-measurement': '1' };

/** A prover that speaks gRPC: it answers what it was asked, and asserts what it may not. */
const callsProver = (t: Parameters<typeof startHttp2>[0]) =>
  startHttp2(t, (stream, headers) => {
    const head = { ':status': 200, 'content-type': 'application/grpc', 'seen-via': headers.via, ...forged };
    stream.respond(head, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', ...forged }));
    stream.pipe(stream);
  });

const reportOf = ({ headers }: Answered): string => {
  const report = headers['attestation-report'];
  assert.equal(typeof report, 'string', `no report in ${JSON.stringify(headers)}`);
  return report as string;
};

describe('attest gateway', { timeout: 600_000 }, () => {
  it('T36, T39: has its own report on every answer, of the prover and of itself, and none of anybody else', async (t) => {
    const port = await callsProver(t);
    const gateway = await startGateway(t, port);
    const { url } = gateway;
    const via = `${(await callGrpc(url, '/a.B/C')).headers['seen-via']}`;
    const answers: ReadonlyArray<readonly [what: string, answered: Promise<Answered>, status: number]> = [
      ['a call', callGrpc(url, '/remote_prover.Api/Prove', {}, Buffer.from('a witness')), 0],
      ['a path of the prover', askByHttp2(url, '/anything'), 200],
      ['its health', ask(`${url}/health`), 200],
      ['a file that is not there', ask(`${url}/evidences/quote.json`), 404],
      ['a prover without HTTP/1.1', ask(`${url}/anything`), 504],
      ['a nonce that is none', ask(`${url}/anything`, { headers: { 'attestation-nonce': 'no' } }), 400],
      ['a call that has been here', callGrpc(url, '/a.B/C', { via }), 8],
    ];
    for (const [what, promised, status] of answers) {
      const answered = await promised;
      assert.equal(answered.status, status, `${what}: ${answered.body}`);
      if (status === 400) continue;
      const report = reportOf(answered);
      assert.doesNotMatch(report, /,|Zm9yZ2Vk/, what);
      assert.equal(readAsPatch969(report).teeType, 0x81, what);
      assert.doesNotMatch(JSON.stringify(answered.headers), /flashbots/, what);
    }
  });

  it('is accepted by `attest verify` with its root, bound to the key that its TLS shows', async (t) => {
    const gateway = await startGateway(t, await callsProver(t));
    const words = ['attest', 'verify', gateway.url, '--require', 'bound', '--insecure-dev-root', gateway.rootFile];
    const { code, output } = await runToEnd(process.execPath, [`${buildService()}/cli.js`, ...words, '--json']);
    assert.equal(code, 0, output);
    const { level, facts } = JSON.parse(output);
    assert.equal(level, 'bound');
    assert.equal(facts.statement.service, 'sealed-prover-gateway');
    assert.match(facts.statement.upstream, /^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('makes a report over the nonce of a request, before the prover hears of it', async (t) => {
    const gateway = await startGateway(t, await callsProver(t));
    const headers = { 'attestation-nonce': nonce };
    const answered = await callGrpc(gateway.url, '/remote_prover.Api/Prove', headers, Buffer.from('a witness'));
    assert.equal(answered.status, 0);
    assert.match(answered.body, /a witness/);
    assert.match(`${answered.headers['attestation-binding']}`, new RegExp(`nonce=${nonce}`));
    const quote = parseQuote(await decodeReport(reportOf(answered)));
    assert.deepEqual(Buffer.from(quote.td.reportData), readAsPatch969(reportOf(answered)).reportData);
  });

  it('tells the prover by which name and scheme it was reached', async (t) => {
    const port = await startHttp1(t, (asked, answer) => answer.end(JSON.stringify(asked.headers)));
    const gateway = await startGateway(t, port);
    const { headers, status, body } = await ask(`${gateway.url}/x`, {
      headers: { host: 'prover.example.org', ...forged },
    });
    assert.equal(status, 200, JSON.stringify(headers));
    const seen = JSON.parse(body);
    assert.equal(seen.host, 'prover.example.org');
    assert.equal(seen['x-forwarded-proto'], 'https');
    assert.equal(seen['x-forwarded-host'], 'prover.example.org');
    assert.doesNotMatch(body, /attestation|flashbots/);
    const own = await ask(`${gateway.url}/x`, { headers: { forwarded: 'proto=http;host="127.0.0.1:8088"' } });
    const heard = JSON.parse(own.body);
    assert.equal(heard.forwarded, 'proto=http;host="127.0.0.1:8088"');
    assert.equal(heard['x-forwarded-proto'], undefined);
  });

  it('stands before a service of ours: the URLs of its artifacts lead through the gateway', async (t) => {
    const stage = await createServiceRig();
    t.after(() => stage.end());
    await stage.serve();
    const gateway = await startGateway(t, stage.port);
    const signature = createSigner('11'.repeat(32)).signArtifactCreation();
    const message = create(CreateArtifactRequestSchema, { signature, artifactType: ArtifactType.PRIVATE_STDIN });
    const bytes = toBinary(CreateArtifactRequestSchema, message);
    const answered = await callGrpc(gateway.url, '/artifact.ArtifactStore/CreateArtifact', {}, bytes);
    assert.equal(answered.status, 0, `${answered.headers['grpc-message']}`);
    const upload = new RegExp(`${gateway.url}/artifacts/[^\\x00-\\x20"]+`).exec(answered.body)?.[0] ?? '';
    assert.ok(upload.startsWith(`${gateway.url}/artifacts/`), answered.body);
    // No program and no input: what matters is who answers.
    const put = await ask(upload, { method: 'PUT' });
    assert.equal(put.status, 422, put.body);
    assert.match(put.body, /ARTIFACT_MALFORMED/);
  });

  it('serves nobody without TLS', async (t) => {
    const gateway = await startGateway(t, await callsProver(t));
    const answered = await ask(gateway.url.replace('https:', 'http:'));
    assert.equal(answered.status, 403);
    assert.match(answered.body, /TLS_REQUIRED/);
  });

  it('does not start where it would lead to itself, or could show nothing', async (t) => {
    const port = await freePort();
    const self = { upstream: `http://localhost:${port}`, listen: `127.0.0.1:${port}` };
    const loop = spawnGateway(t, self);
    assert.equal((await loop.exited).code, 2);
    assert.match(loop.lines.map(({ text }) => text).join('\n'), /--upstream leads to the gateway itself/);
    const bare = spawnGateway(t, { upstream: 'http://127.0.0.1:1', attest: 'auto' });
    assert.equal((await bare.exited).code, 1);
    assert.match(bare.lines.map(({ text }) => text).join('\n'), /no provider of quotes/);
  });

  it('says that its prover is not there, and stops with 0', async (t) => {
    const gateway = await startGateway(t, await freePort());
    const health = await ask(`${gateway.url}/health`);
    assert.deepEqual([health.status, JSON.parse(health.body).status], [503, 'upstream unreachable']);
    reportOf(health);
    assert.equal(await gateway.stop(), 0);
  });
});
