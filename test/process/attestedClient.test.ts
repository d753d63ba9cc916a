// The TypeScript client with `attestation`, against a service in another process and a hostile one between them: calls and artifacts alike.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { type Client, type ClientAttestation, ClientError, createClient, type Retry } from '../../src/client/client.js';
import { parseVk, type VerifyingKey, vkHash as vkHashOf } from '../../src/engines/vk.js';
import { sampleProgram } from '../../src/testkit/artifacts/sampleArtifacts.js';
import { type Hostile, startHostile } from '../../src/testkit/attestation/attestProcesses.js';
import type { Tampering } from '../../src/testkit/attestation/tamper.js';
import { fakeVk } from '../../src/testkit/engine/fakeProof.js';
import { freePort } from '../../src/testkit/freePort.js';
import { createServiceRig, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';
import { certificateFile } from '../../src/testkit/testCertificates.js';

const witness = 'this must never leave the machine';
const folder = temporaryFolder('attested-client');
const elf = sampleProgram().subarray(8);
const vk = fakeVk(elf);
const vkHash = vkHashOf(parseVk(vk) as VerifyingKey);

describe('the TypeScript client with attestation', { timeout: 600_000 }, () => {
  let stage: ServiceRig;
  let url: string;
  const ends: Array<() => unknown> = [];
  const retries: Retry[] = [];

  before(async () => {
    const tls = { 'tls-cert': certificateFile('server'), 'tls-key': certificateFile('server', 'key') };
    // Its own URLs lead elsewhere: what counts is where the client has come from.
    stage = await createServiceRig({ flags: { attest: 'dev', ...tls, 'public-url': 'https://prover.example.org' } });
    await stage.serve();
    url = stage.url.replace('http:', 'https:');
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  after(() => stage.end());

  function clientFor(to: string, attestation: Partial<ClientAttestation> = {}): Client {
    const insecureDevRoot = readFileSync(join(stage.data, 'dev-root.der'));
    const client = createClient({
      url: to,
      privateKey: '11'.repeat(32),
      attestation: { mode: 'require', insecureDevRoot, ...attestation },
      onRetry: (retry) => retries.push(retry),
    });
    ends.push(() => client.close());
    return client;
  }

  async function hostile(does: Tampering | 'pass', certificate: 'server' | 'server-renewed'): Promise<Hostile> {
    const started = await startHostile({ port: await freePort(), upstreams: [stage.port], does, certificate });
    ends.push(() => started.end());
    return started;
  }

  const prove = (client: Client) =>
    client.prove({
      elf,
      setup: async () => ({ vk, vkHash }),
      mode: 'core',
      inputs: [Buffer.from(witness)],
      path: join(folder, 'proof'),
      pollMs: 50,
    });

  it('proves over attested connections, and says so with the result', async () => {
    const client = clientFor(url);
    const { attestation, sizeBytes } = await prove(client);
    assert.ok(sizeBytes > 1_000);
    assert.deepEqual([attestation.status, attestation.level], ['verified', 'bound']);
    assert.equal(attestation.verdict?.target.tlsSpkiSha256?.length, 64);
    assert.deepEqual(await client.attestation(), attestation);
    assert.deepEqual(retries, []);
  });

  it('T10: sends nothing to a man in the middle, and does not try for two minutes', async () => {
    const middle = await hostile('pass', 'server-renewed');
    await assert.rejects(prove(clientFor(middle.url)), refusedWith('TLS_KEY_WRONG'));
    assert.deepEqual(retries, []);
    assert.equal(middle.hasRequest(), false);
  });

  it('T1: sends nothing where nothing is shown; T14: nor where something was, in if-present', async () => {
    const middle = await hostile('strips', 'server');
    await assert.rejects(prove(clientFor(middle.url)), refusedWith('REPORT_MISSING'));
    const honest = await hostile('relays', 'server');
    const own = { mode: 'if-present', folder: join(folder, 'state') } as const;
    assert.equal((await clientFor(honest.url, own).attestation()).status, 'verified');
    await honest.end();
    const port = Number(new URL(honest.url).port);
    const later = await startHostile({ port, upstreams: [stage.port], does: 'strips', certificate: 'server' });
    ends.push(() => later.end());
    await assert.rejects(prove(clientFor(honest.url, own)), refusedWith('DOWNGRADE_REFUSED'));
    assert.deepEqual([middle.hasRequest(), later.hasRequest()], [false, false]);
  });

  it('puts its input nowhere but at the origin that was attested', async () => {
    const middle = await hostile('leads uploads elsewhere', 'server');
    await assert.rejects(
      clientFor(middle.url).requestProof({ vkHash, mode: 'core', inputs: [Buffer.from(witness)] }),
      (error) => error instanceof ClientError && error.failure.code === 'ARTIFACT_URL_ELSEWHERE',
    );
    assert.doesNotMatch(middle.captured(), new RegExp(witness));
  });

  it('refuses a policy that cannot be read, and is unchecked without attestation', async () => {
    await assert.rejects(clientFor(url, { policy: '{}' }).nonce(), refusedWith('POLICY_MALFORMED'));
    const plain = createClient({ url });
    assert.deepEqual(await plain.attestation(), { status: 'unchecked', level: 'none' });
    plain.close();
  });
});

const refusedWith = (reason: string) => (error: unknown) => {
  assert.ok(error instanceof ClientError);
  assert.equal(error.failure.code, 'ATTESTATION_REFUSED');
  assert.equal(error.failure.reason, reason);
  return true;
};
