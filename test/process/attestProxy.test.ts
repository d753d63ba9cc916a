// `attest proxy` and `attest run` as processes, a service in another, and a hostile one between them: what it may have, and that it is never a byte
// of the input.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { sampleStdin } from '../../src/testkit/artifacts/sampleArtifacts.js';
import { ask } from '../../src/testkit/attestation/askService.js';
import {
  type AttestProcess,
  type Hostile,
  startAttest,
  startAttestProxy,
  startHostile,
} from '../../src/testkit/attestation/attestProcesses.js';
import type { Tampering } from '../../src/testkit/attestation/tamper.js';
import { freePort } from '../../src/testkit/freePort.js';
import { Sdk } from '../../src/testkit/sdk/sdk.js';
import { code, TonicStatus } from '../../src/testkit/sdk/tonic.js';
import { sdk610 } from '../../src/testkit/sdk/versions.js';
import { createServiceRig, type ServiceRig } from '../../src/testkit/service/serviceRig.js';
import { temporaryFolder } from '../../src/testkit/temporaryFolder.js';
import { certificateFile } from '../../src/testkit/testCertificates.js';

const folder = temporaryFolder('proxy');
const witness = 'this must never leave the machine';
const stdin = sampleStdin(Buffer.from(witness));

describe('attest proxy, a process between the SDK and a service', { timeout: 600_000 }, () => {
  let stage: ServiceRig;
  let url: string;
  let named: string[];
  let collateral: string;
  const ends: Array<() => unknown> = [];

  before(async () => {
    const tls = { 'tls-cert': certificateFile('server'), 'tls-key': certificateFile('server', 'key') };
    stage = await createServiceRig({ flags: { attest: 'dev', ...tls } });
    await stage.serve();
    url = stage.url.replace('http://127.0.0.1', 'https://localhost');
    named = ['--insecure-dev-root', join(stage.data, 'dev-root.der')];
    collateral = join(folder, 'collateral.json');
    const { body } = await ask(`${url}/.well-known/attestation`);
    writeFileSync(collateral, JSON.stringify(JSON.parse(body).collateral));
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  after(() => stage.end());

  async function hostile(does: Tampering | 'pass', certificate: 'server' | 'server-renewed'): Promise<Hostile> {
    const started = await startHostile({ port: await freePort(), upstreams: [stage.port], does, certificate });
    ends.push(() => started.end());
    return started;
  }

  async function proxy(target: string, ...flags: string[]) {
    const started = await startAttestProxy(target, ...named, ...flags);
    ends.push(() => started.stop());
    return started;
  }

  function sdk(at: string): Sdk {
    const client = new Sdk(at, sdk610, 'base');
    ends.push(() => client.close());
    return client;
  }

  /** What it says when it does not begin. */
  async function refusal(target: string, ...flags: string[]): Promise<{ exitCode: number | null; text: string }> {
    const started: AttestProcess = startAttest(['proxy', target, '--listen', '127.0.0.1:0', ...named, ...flags]);
    ends.push(() => started.kill());
    const { code: exitCode } = await Promise.race([
      started.exited,
      started.until(({ text }) => text.startsWith('Listening on')).then(() => ({ code: null })),
    ]);
    return { exitCode, text: started.text() };
  }

  async function assertRefused(target: string, reason: string, ...flags: string[]): Promise<void> {
    const { exitCode, text } = await refusal(target, ...flags);
    assert.equal(exitCode, 1, text);
    assert.match(text, new RegExp(`^Refused, and nothing was sent\\. ${reason}: `, 'm'));
  }

  it('proves with what it requires, and every URL that the SDK is given is its own', async () => {
    const { url: at, text } = await proxy(url);
    assert.match(text(), /^Attestation: verified, level bound\.$/m);
    const client = sdk(at);
    assert.equal(await client.register(), true);
    const proof = await client.wait(await client.request(stdin));
    assert.ok(Buffer.isBuffer(proof));
    assert.deepEqual([...client.origins], [at]);
    assert.doesNotMatch(text(), new RegExp(witness));
    assert.match(text(), /"path":"\/network\.ProverNetwork\/RequestProof","status":200/);
  });

  it('T9: a man in the middle with the genuine report of the service is refused, before anything is sent', async () => {
    const middle = await hostile('relays', 'server-renewed');
    await assertRefused(middle.url, 'TLS_KEY_WRONG');
    assertOnlyLooked(middle);
  });

  it('T10: a plain proxy with a valid certificate, which passes all on, sees no byte of the input', async () => {
    const middle = await hostile('pass', 'server-renewed');
    await assertRefused(middle.url, 'TLS_KEY_WRONG');
    assert.doesNotMatch(middle.captured(), new RegExp(witness));
    // The same without attestation: what it sees then is all of it, so that the capture is one.
    const { url: at } = await proxy(middle.url, '--mode', 'off');
    const client = sdk(at);
    await client.register();
    await client.request(stdin);
    assert.match(middle.captured(), new RegExp(witness));
    assert.equal(middle.hasRequest(), true);
  });

  it('T10: one that comes when the proxy runs already gets nothing either, and the SDK is told why', async () => {
    const port = await freePort();
    const first = await startHostile({ port, upstreams: [stage.port], does: 'balance' });
    const { url: at } = await proxy(first.url);
    const client = sdk(at);
    await client.nonce();
    await first.end();
    const middle = await startHostile({ port, upstreams: [stage.port], does: 'pass', certificate: 'server-renewed' });
    ends.push(() => middle.end());
    await assert.rejects(
      client.attempt(() => client.request(stdin)),
      (error) =>
        error instanceof TonicStatus &&
        error.code === code.failedPrecondition &&
        /ATTESTATION_REFUSED: nothing was sent, because of TLS_KEY_WRONG/.test(error.detail),
    );
    const upload = await fetch(`${at}/artifacts/${'ab'.repeat(32)}`, { method: 'PUT', body: stdin });
    const { error } = (await upload.json()) as { error: { code: string } };
    assert.deepEqual([upload.status, error.code], [403, 'ATTESTATION_REFUSED']);
    assertOnlyLooked(middle);
  });

  it('attest run: gives a command the proxy, passes signals on, and ends as it ends', async () => {
    const asked = "fetch(process.env.NETWORK_RPC_URL + '/health').then(({ status }) => process.exit(status - 170))";
    const ended = startAttest(['run', url, ...named, '--', process.execPath, '-e', asked]);
    assert.equal((await ended.exited).code, 30, ended.text());
    const waits = `process.on('SIGTERM', () => process.exit(7)); console.log(process.env.SP1_PROVER); setInterval(() => {}, 1000)`;
    const stopped = startAttest(['run', url, ...named, '--', process.execPath, '-e', waits]);
    ends.push(() => stopped.kill());
    await stopped.until(({ text }) => text === 'hosted');
    assert.equal(await stopped.stop(), 7);
    const unknown = startAttest(['run', url, ...named, '--', join(folder, 'no-such-program')]);
    assert.equal((await unknown.exited).code, 127);
  });

  it('attest run runs nothing behind a man in the middle', async () => {
    const middle = await hostile('pass', 'server-renewed');
    const mark = join(folder, 'ran');
    const run = startAttest(['run', middle.url, ...named, '--', 'touch', mark]);
    assert.equal((await run.exited).code, 1);
    assert.match(run.text(), /^Refused, and nothing was sent\. TLS_KEY_WRONG/m);
    assert.equal(existsSync(mark), false);
  });

  for (const [number, does, modes] of [
    ['T1', 'strips', ['off', 'observe', 'if-present']],
    ['T2', 'sends an empty header', ['if-present']],
  ] as const) {
    it(`${number}: no report (it ${does}): by the mode, and in require not a byte of a request`, async () => {
      for (const mode of modes) {
        const middle = await hostile(does, 'server');
        const { text, url: at } = await proxy(middle.url, '--mode', mode);
        const status = mode === 'off' ? 'unchecked' : 'absent';
        assert.match(text(), new RegExp(`^Attestation: ${status}, level none\\.$`, 'm'));
        await sdk(at).nonce();
      }
      const middle = await hostile(does, 'server');
      await assertRefused(middle.url, 'REPORT_MISSING');
      assertOnlyLooked(middle);
    });
  }

  const attacks: readonly (readonly [title: string, does: Tampering, reason: string])[] = [
    ['T4: a genuine report of an earlier session', 'replays evidence', 'NONCE_WRONG'],
    ['T5: a report over another nonce', 'asks with another nonce', 'NONCE_WRONG'],
    ['T6: our nonce in the JSON, and not in the quote', 'echoes the nonce', 'REPORT_DATA_WRONG'],
    ['T7: a cached report', 'asks without a nonce', 'NONCE_WRONG'],
    ['T15: a binding of version 0', 'sends a binding of version 0', 'DOWNGRADE_REFUSED'],
  ];
  for (const [title, does, reason] of attacks) {
    it(`${title}: ${reason}, by who has even the service’s key`, async () => {
      const middle = await hostile(does, 'server');
      await assertRefused(middle.url, reason, '--collateral', collateral);
      assertOnlyLooked(middle);
    });
  }

  it('T3: a padded report for somebody else is genuine for if-present, and REPORT_DATA_WRONG for require', async () => {
    const middle = await hostile('sends a report for another', 'server');
    const { text } = await proxy(middle.url, '--mode', 'if-present', '--collateral', collateral);
    assert.match(text(), /^Attestation: genuine, level genuine\.$/m);
    await assertRefused(middle.url, 'REPORT_DATA_WRONG', '--collateral', collateral);
  });

  it('T14: where a report was seen once, its absence is DOWNGRADE_REFUSED, in the modes that would take it', async () => {
    const port = await freePort();
    for (const mode of ['observe', 'if-present']) {
      const state = join(folder, `${mode}.json`);
      const honest = await startHostile({ port, upstreams: [stage.port], does: 'balance' });
      await (await proxy(honest.url, '--mode', mode, '--state', state)).stop();
      await honest.end();
      const middle = await startHostile({ port, upstreams: [stage.port], does: 'strips', certificate: 'server' });
      ends.push(() => middle.end());
      await assertRefused(middle.url, 'DOWNGRADE_REFUSED', '--mode', mode, '--state', state);
      assertOnlyLooked(middle);
      await middle.end();
    }
  });

  it('refuses an answer that leads an upload elsewhere: ARTIFACT_URL_ELSEWHERE', async () => {
    const middle = await hostile('leads uploads elsewhere', 'server');
    const { url: at } = await proxy(middle.url);
    const client = sdk(at);
    await assert.rejects(client.upload(7n, stdin), (error) => {
      assert.ok(error instanceof TonicStatus);
      assert.equal(error.code, code.failedPrecondition);
      assert.match(error.detail, /^ARTIFACT_URL_ELSEWHERE: the answer names http:\/\/127\.0\.0\.1:9 for an artifact/);
      return true;
    });
    assert.deepEqual([...client.origins], []);
  });

  it('leads to no loop, and listens beyond this machine only when it is told to', async () => {
    const port = await freePort();
    const loop = await startAttest(['proxy', `http://127.0.0.1:${port}`, '--listen', `localhost:${port}`]);
    assert.equal((await loop.exited).code, 2);
    assert.match(loop.text(), /leads to the proxy itself/);
    const open = await startAttest(['proxy', url, '--listen', '0.0.0.0:0']);
    assert.equal((await open.exited).code, 2);
    assert.match(open.text(), /--listen-beyond-this-machine/);
  });
});

/** It was asked what it is, and nothing else. */
function assertOnlyLooked(middle: Hostile): void {
  assert.ok(middle.captured().length > 0);
  assert.equal(middle.hasRequest(), false);
}
