// `attest proxy --sealed-bodies on` and the TypeScript client with sealed bodies, through something that ends TLS before the service and keeps all
// that it sees.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { type Client, ClientError, createClient } from '../../src/client/client.js';
import { parseVk, type VerifyingKey, vkHash as vkHashOf } from '../../src/engines/vk.js';
import { sampleProgram, sampleStdin } from '../../src/testkit/artifacts/sampleArtifacts.js';
import { startAttest, startAttestProxy } from '../../src/testkit/attestation/attestProcesses.js';
import { startFakeAgent } from '../../src/testkit/attestation/fakeAgent.js';
import { fakeVk } from '../../src/testkit/engine/fakeProof.js';
import { Sdk } from '../../src/testkit/sdk/sdk.js';
import { sdk610 } from '../../src/testkit/sdk/versions.js';
import { startCapture } from '../../src/testkit/sealed/middlebox.js';
import { createServiceRig, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';
import { certificateFile } from '../../src/testkit/testCertificates.js';

const witness = randomBytes(120_000);
const stdin = sampleStdin(witness);

/** 16 bytes in a row of the witness are in what was seen. */
function seesWitness(seen: Buffer): boolean {
  for (let at = 0; at + 16 <= witness.byteLength; at += 16)
    if (seen.includes(witness.subarray(at, at + 16))) return true;
  return false;
}

describe('attest proxy with sealed bodies', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  const ends: Array<() => unknown> = [];
  const test = { after: (end: () => unknown) => void ends.push(end) };
  before(async () => {
    // No TLS of its own: the one in front has the certificate.
    rig = await createServiceRig({ flags: { attest: 'dev', 'sealed-bodies': 'require' } });
    await rig.serve();
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  after(() => rig.end());

  const named = () => ['--insecure-dev-root', join(rig.data, 'dev-root.der')];
  async function start() {
    const capture = await startCapture(test, rig.port);
    const target = capture.url.replace('127.0.0.1', 'localhost');
    const proxy = await startAttestProxy(target, ...named(), '--sealed-bodies', 'on');
    ends.push(() => proxy.stop());
    const client = new Sdk(proxy.url, sdk610, 'base');
    ends.push(() => client.close());
    return { capture, proxy, client };
  }

  it('T10: the stock SDK proves through one that ends TLS, which sees no byte of the witness or of the proof', async () => {
    const { capture, proxy, client } = await start();
    await client.register();
    const proof = await client.wait(await client.request(stdin));
    assert.ok(Buffer.isBuffer(proof) && proof.byteLength > 500);
    const seen = capture.seen();
    assert.ok(seen.byteLength > 120_000);
    assert.equal(seesWitness(seen), false);
    assert.equal(seen.includes(proof.subarray(-48, -16)), false);
    assert.deepEqual([...client.origins], [proxy.url]);
  });

  it('T34: is what a service that takes sealed bodies alone asks for', async () => {
    const capture = await startCapture(test, rig.port);
    const target = capture.url.replace('127.0.0.1', 'localhost');
    const started = startAttest(['proxy', target, '--listen', '127.0.0.1:0', ...named()]);
    ends.push(() => started.kill());
    assert.equal((await started.exited).code, 1, 'the quote names no key of the connection');
    const observing = startAttest(['proxy', target, ...named(), '--sealed-bodies', 'on', '--mode', 'observe']);
    assert.equal((await observing.exited).code, 2);
    assert.match(observing.text(), /--sealed-bodies on needs --mode require/);
  });
});

describe('attest proxy with sealed bodies, before a service that comes back', { timeout: 600_000 }, () => {
  it('T33: attests once more, and goes on with the key of now', async (t) => {
    const agent = await startFakeAgent();
    agent.appCompose = '';
    t.after(() => agent.close());
    const rig = await createServiceRig({ flags: { attest: 'dstack', 'attest-socket': agent.socketPath } });
    t.after(() => rig.end());
    const first = await rig.serve();
    const capture = await startCapture(t, rig.port);
    const folder = temporaryFolder('sealed-proxy');
    const files = { root: join(folder, 'root.der'), collateral: join(folder, 'collateral.json') };
    writeFileSync(files.root, agent.pki.root);
    writeFileSync(files.collateral, JSON.stringify(agent.pki.collateral(Date.now())));
    const target = capture.url.replace('127.0.0.1', 'localhost');
    const named = ['--insecure-dev-root', files.root, '--collateral', files.collateral];
    const proxy = await startAttestProxy(target, ...named, '--sealed-bodies', 'on');
    t.after(() => proxy.stop());
    const client = new Sdk(proxy.url, sdk610, 'base');
    t.after(() => client.close());
    await client.register();
    // The way in front stays as it is.
    await first.stop();
    await rig.serve();
    const before = looks(capture.seen());
    await client.nonce();
    assert.equal(looks(capture.seen()) - before, 1);
    assert.ok(Buffer.isBuffer(await client.wait(await client.request(stdin))));
    assert.equal(seesWitness(capture.seen()), false);
  });
});

/** How often evidence was asked for by HTTP/1.1 or HTTP/2: its answers have this in them. */
const looks = (seen: Buffer): number => seen.toString('latin1').split('"body_x25519"').length - 1;

describe('the TypeScript client with sealed bodies', { timeout: 600_000 }, () => {
  let rig: ServiceRig;
  const ends: Array<() => unknown> = [];
  const test = { after: (end: () => unknown) => void ends.push(end) };
  const elf = sampleProgram().subarray(8);
  const vk = fakeVk(elf);
  const vkHash = vkHashOf(parseVk(vk) as VerifyingKey);
  before(async () => {
    // What is in front has the certificate as well.
    const tls = { 'tls-cert': certificateFile('server'), 'tls-key': certificateFile('server', 'key') };
    rig = await createServiceRig({ flags: { attest: 'dev', 'sealed-bodies': 'require', ...tls } });
    await rig.serve();
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  after(() => rig.end());

  function clientFor(url: string, mode: 'require' | 'observe' = 'require'): Client {
    const insecureDevRoot = readFileSync(join(rig.data, 'dev-root.der'));
    const attestation = { mode, insecureDevRoot, sealedBodies: true };
    const client = createClient({ url, privateKey: '11'.repeat(32), attestation, retryBudgetMs: 20_000 });
    ends.push(() => client.close());
    return client;
  }

  const prove = (client: Client) =>
    client.prove({
      elf,
      setup: async () => ({ vk, vkHash }),
      mode: 'core',
      inputs: [witness],
      path: join(temporaryFolder('sealed-client'), 'proof'),
      pollMs: 50,
    });

  it('T10: proves through one that ends TLS, which sees no byte of the witness', async () => {
    const capture = await startCapture(test, rig.port, true);
    const client = clientFor(capture.url);
    const { attestation, sizeBytes } = await prove(client);
    assert.ok(sizeBytes > 500);
    assert.deepEqual([attestation.status, attestation.level], ['verified', 'bound']);
    assert.match(attestation.bodyKey ?? '', /^[0-9a-f]{64}$/);
    const seen = capture.seen();
    assert.ok(seen.byteLength > 120_000);
    assert.equal(seesWitness(seen), false);
  });

  it('sends nothing in a mode that does without an attested key', async () => {
    const capture = await startCapture(test, rig.port, true);
    await assert.rejects(prove(clientFor(capture.url, 'observe')), (error: unknown) => {
      assert.ok(error instanceof ClientError && error.failure.code === 'ATTESTATION_REFUSED');
      return error.failure.reason === 'BODY_KEY_WRONG';
    });
    assert.equal(capture.seen().byteLength, 0);
  });
});
