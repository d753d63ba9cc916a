// `attest proxy` before several genuine instances, renewed certificates and other operators: each key is attested before it carries a request.
import assert from 'node:assert/strict';
import { copyFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { sampleStdin } from '../../src/testkit/artifacts/sampleArtifacts.js';
import { ask } from '../../src/testkit/attestation/askService.js';
import { startAttest, startAttestProxy, startHostile } from '../../src/testkit/attestation/attestProcesses.js';
import { type FakeAgent, startFakeAgent } from '../../src/testkit/attestation/fakeAgent.js';
import { freePort } from '../../src/testkit/freePort.js';
import { freshText, Sdk } from '../../src/testkit/sdk/sdk.js';
import { sdk610 } from '../../src/testkit/sdk/versions.js';
import { createServiceRig, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';
import { certificateFile } from '../../src/testkit/testCertificates.js';

const folder = temporaryFolder('instances');

describe('attest proxy before several keys', { timeout: 600_000 }, () => {
  let agent: FakeAgent;
  let named: string[];
  const rigs: ServiceRig[] = [];
  const ends: Array<() => unknown> = [];

  before(async () => {
    agent = await startFakeAgent();
    // Of the operator alone: what runs is no question here.
    agent.appCompose = '';
    const root = join(folder, 'root.der');
    const collateral = join(folder, 'collateral.json');
    writeFileSync(root, agent.pki.root);
    writeFileSync(collateral, JSON.stringify(agent.pki.collateral(Date.now())));
    named = ['--insecure-dev-root', root, '--collateral', collateral];
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  after(async () => {
    for (const rig of rigs) await rig.end();
    agent.close();
  });

  async function serviceWith(flags: Record<string, string>) {
    const rig = await createServiceRig({ flags: { attest: 'dstack', 'attest-socket': agent.socketPath, ...flags } });
    rigs.push(rig);
    return { rig, service: await rig.serve(), url: rig.url.replace('http:', 'https:') };
  }

  async function proxy(target: string) {
    const started = await startAttestProxy(target, ...named);
    ends.push(() => started.stop());
    /** In the order in which they were attested. */
    const keys = () =>
      [...started.text().matchAll(/^Key ([0-9a-f]{16}): verified, level bound\.$/gm)].map(([, key]) => key);
    return { ...started, keys };
  }

  it('T12: a balancer that goes to another instance costs one more look, before anything goes there', async () => {
    const ports = [
      (await serviceWith({ tls: 'ephemeral' })).rig.port,
      (await serviceWith({ tls: 'ephemeral' })).rig.port,
    ];
    const balancer = await startHostile({ port: await freePort(), upstreams: ports, does: 'balance' });
    ends.push(() => balancer.end());
    const { url, keys, until } = await proxy(balancer.url);
    assert.equal(keys().length, 1);
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask(`${url}/health`)));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    await until((line) => line.text.includes('relay.answered'));
    // As many connections as requests, and two keys: each was looked at once.
    assert.equal(keys().length, 2);
    assert.equal(agent.calls.filter((call) => call === 'GetQuote').length, 2);
  });

  it('T12, and the other is nobody’s: what goes there is refused, and what goes to the first one is served', async () => {
    const { rig } = await serviceWith({ tls: 'ephemeral' });
    const middle = await startHostile({
      port: await freePort(),
      upstreams: [rig.port],
      does: 'pass',
      certificate: 'server',
    });
    ends.push(() => middle.end());
    const upstreams = [rig.port, Number(new URL(middle.url).port)];
    const balancer = await startHostile({ port: await freePort(), upstreams, does: 'balance' });
    ends.push(() => balancer.end());
    const { url, keys } = await proxy(balancer.url);
    const sdk = new Sdk(url, sdk610, 'base');
    ends.push(() => sdk.close());
    const put = await fetch(`${url}/artifacts/${'ab'.repeat(32)}`, { method: 'PUT', body: 'the witness' });
    assert.equal(put.status, 403);
    assert.match(await put.text(), /ATTESTATION_REFUSED: nothing was sent, because of TLS_KEY_WRONG/);
    await sdk.nonce();
    assert.equal(keys().length, 1);
    assert.equal(middle.hasRequest(), false);
  });

  it('T13: another genuine VM is APP_UNKNOWN where the policy pins the app', async () => {
    const { url } = await serviceWith({ tls: 'ephemeral' });
    const policy = join(folder, 'policy.json');
    writeFileSync(
      policy,
      JSON.stringify({ version: 1, name: 'ours', require: 'bound', app: { ids: ['cd'.repeat(20)] } }),
    );
    const started = startAttest(['proxy', url, '--listen', '127.0.0.1:0', ...named, '--policy', policy]);
    ends.push(() => started.kill());
    assert.equal((await started.exited).code, 1);
    assert.match(started.text(), /^Refused, and nothing was sent\. APP_UNKNOWN: /m);
  });

  it('T45: a certificate that is renewed under load is attested before its first use, and no call is lost', async () => {
    const put = (name: 'server' | 'server-renewed') => {
      for (const part of ['cert', 'key'] as const) {
        copyFileSync(certificateFile(name, part), join(folder, `${part}.new`));
        renameSync(join(folder, `${part}.new`), join(folder, `${part}.pem`));
      }
    };
    put('server');
    const files = { 'tls-cert': join(folder, 'cert.pem'), 'tls-key': join(folder, 'key.pem') };
    const { url: service, service: process } = await serviceWith(files);
    const { url, keys } = await proxy(service);
    const sdk = new Sdk(url, sdk610, 'base');
    ends.push(() => sdk.close());
    await sdk.register();
    const request = () => sdk.request(sampleStdin(Buffer.from(freshText())));
    await request();
    assert.equal(keys().length, 1);
    const isMade = ({ event }: { event?: string }) => event === 'evidence.made';
    await process.until(isMade);
    const renewed = new Promise<void>((resolve) => process.onLine((line) => isMade(line) && resolve()));
    put('server-renewed');
    let calls = 0;
    const load = async () => {
      while (calls < 1_000_000) {
        await sdk.nonce();
        calls += 1;
      }
    };
    const underLoad = load();
    await renewed;
    // More at once than connections are there.
    const ids = await Promise.all([request(), request(), request(), request()]);
    calls = 1_000_000;
    await underLoad;
    for (const id of ids) assert.ok(Buffer.isBuffer(await sdk.wait(id)));
    assert.equal(keys().length, 2);
  });

  it('T37: Forwarded of a stranger changes the URLs in the answer to that very call', async () => {
    const { url } = await serviceWith({ tls: 'ephemeral' });
    const { url: at } = await proxy(url);
    const through = new Sdk(at, sdk610, 'base');
    ends.push(() => through.close());
    await through.register();
    const stdin = sampleStdin(Buffer.from(freshText()));
    await through.wait(await through.request(stdin));
    assert.deepEqual([...through.origins], [at]);
    // A client that goes to the service itself is told of the service itself.
    const evidence = JSON.parse(
      (await ask(`${url}/.well-known/attestation`, { headers: { forwarded: 'proto=http;host="evil"' } })).body,
    );
    assert.doesNotMatch(JSON.stringify(evidence), /evil/);
    const { status } = await ask(`${at}/health`, {
      headers: { forwarded: 'proto=http;host="evil"', 'x-forwarded-host': 'evil' },
    });
    assert.equal(status, 200);
  });
});
