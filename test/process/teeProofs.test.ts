// Mode tee by the service as a process: from our own client to a signature that verifies, through kill -9, and where it is refused.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { verifyTeeProof, verifyTeeProofByQuote } from '../../src/client/client.js';
import { systemClock } from '../../src/clock.js';
import type { ProofMode } from '../../src/gen/network/network_pb.js';
import { fakePublicValues } from '../../src/testkit/engine/fakeProof.js';
import {
  createRequester,
  type ServiceRequester,
  sampleVkHash,
  stdinOf,
} from '../../src/testkit/service/serviceRequests.js';
import { createServiceRig, type ServiceProcess, type ServiceRig } from '../../src/testkit/service/serviceRig.js';

/** SP1's own schema has no name for it. */
const tee = 5 as ProofMode;
let rig: ServiceRig;
let alice: ServiceRequester;
before(async () => {
  rig = await createServiceRig({ flags: { tee: 'dev', 'cpu-prove-lanes': '0' } });
  alice = createRequester(rig.url, { clock: systemClock });
});
after(async () => {
  alice.close();
  await rig.end();
});

/** The key that this life of the service signs with, once there is one. */
async function signerOf(service: ServiceProcess): Promise<string> {
  await service.until(({ event, to }) => event === 'signer.transition' && to === 'active');
  for (;;) {
    const { signer } = (await (await fetch(`${rig.url}/tee/signers`)).json()) as { signer?: string };
    // It is answered as soon as it is on disk, which is a moment after the line.
    if (signer !== undefined) return signer.slice(2);
  }
}

describe('a service that signs', { timeout: 600_000 }, () => {
  it('executes each request in an engine of its own, and answers a signature that is marked as one for development', async () => {
    const service = await rig.serve();
    await alice.register();
    const signer = await signerOf(service);
    for (const text of ['one', 'two']) {
      const requestId = await alice.submit(stdinOf(text), { mode: tee });
      const { proofUrl } = await alice.client.waitProof(requestId);
      const answer = await fetch(proofUrl);
      assert.deepEqual(
        ['content-type', 'tee-dev', 'tee-signer'].map((name) => answer.headers.get(name)),
        ['application/json', '1', `0x${signer}`],
      );
      const proof = Buffer.from(await answer.arrayBuffer());
      const verdict = verifyTeeProof({
        proof,
        vkHash: sampleVkHash,
        publicValues: fakePublicValues(stdinOf(text)),
        signers: [signer],
      });
      assert.ok(verdict.ok, JSON.stringify(verdict.checks));
      const byQuote = await verifyTeeProofByQuote({
        proof,
        vkHash: sampleVkHash,
        shownSigner: await (await fetch(`${rig.url}/tee/signers/0x${signer}`)).text(),
        now: systemClock.now() / 1_000,
        insecureDevRoots: [
          createHash('sha256')
            .update(readFileSync(join(rig.data, 'dev-root.der')))
            .digest('hex'),
        ],
      });
      assert.ok(byQuote.ok, JSON.stringify(byQuote.checks));
      assert.equal((await alice.client.details(requestId)).mode, 'tee');
      // It stays JSON on its way to a file.
      const path = join(rig.folder, `${text}.json`);
      await alice.client.download({ proofUrl, path });
      assert.deepEqual(readFileSync(path), proof);
    }
    // A new one for the second.
    let engines = 0;
    await service.until(
      ({ event, text }) => event === 'engine.started' && text.includes('cpu-alone-0') && ++engines === 2,
    );
    const health = (await (await fetch(`${rig.url}/health`)).json()) as { serving: boolean };
    assert.ok(health.serving, 'without a prover');
    await assert.rejects(
      alice.submit(stdinOf('three')),
      /cannot make core proofs: no lane of this service is configured/,
    );
    await service.kill();
    await rig.enginesGone();
  });

  it('T39: killed while it executes, executes again, and signs with its new key', async () => {
    rig.changeScript({ rules: [{ on: 'execute', act: { kind: 'hang' } }] });
    const first = await rig.serve();
    const before = await signerOf(first);
    const requestId = await alice.submit(stdinOf('killed'), { mode: tee });
    await first.until((line) => line.requestId === requestId && line.to === 'executing.running');
    await first.kill();
    rig.changeScript({});
    const next = await rig.serve();
    const { proofUrl } = await alice.client.waitProof(requestId);
    const proof = await alice.fetchProof(proofUrl);
    const signer = await signerOf(next);
    assert.notEqual(signer, before);
    assert.ok(verifyTeeProof({ proof, vkHash: sampleVkHash, signers: [signer] }).ok);
    assert.ok(!verifyTeeProof({ proof, vkHash: sampleVkHash, signers: [before] }).ok);
    assert.equal(await next.stop(), 0);
  });

  it('T58: does not start with what proves nothing in production, where others reach it, or on a chain that is none of development', async () => {
    const elsewhere = rig.spawn({ listen: '0.0.0.0:0' });
    assert.equal((await elsewhere.exited).code, 2);
    assert.match(elsewhere.lines.map(({ text }) => text).join('\n'), /--tee dev is for this machine alone/);
    const production = await createServiceRig({ flags: { tee: 'dev' }, environment: { NODE_ENV: 'production' } });
    const refused = production.spawn();
    assert.equal((await refused.exited).code, 1);
    assert.match(refused.lines.map(({ text }) => text).join('\n'), /This is production \(NODE_ENV\)/);
    const others: ReadonlyArray<readonly [flags: Record<string, string>, environment: Record<string, string>, RegExp]> =
      [
        [{ tee: 'dstack' }, { DSTACK_SIMULATOR_ENDPOINT: 'http://127.0.0.1:1' }, /is no proof of anything/],
        [{ tee: 'tsm', 'log-level': 'trace' }, {}, /--log-level trace says more/],
      ];
    await production.end();
    for (const [flags, environment, words] of others) {
      const each = await createServiceRig({ flags, environment: { NODE_ENV: 'production', ...environment } });
      const ended = each.spawn();
      assert.equal((await ended.exited).code, 1);
      assert.match(ended.lines.map(({ text }) => text).join('\n'), words);
      await each.end();
    }
    const chain = { 'tee-registry': `0x${'11'.repeat(20)}`, 'tee-chain-id': '1', 'tee-rpc': 'http://127.0.0.1:1' };
    const onMainnet = rig.spawn({ ...chain, 'tee-registrar': 'external' });
    assert.equal((await onMainnet.exited).code, 2);
    assert.match(onMainnet.lines.map(({ text }) => text).join('\n'), /for chains of development/);
  });

  it('refuses mode tee where it was started without it', async () => {
    const service = await rig.serve({ tee: 'off', 'cpu-prove-lanes': '1' });
    await assert.rejects(
      alice.submit(stdinOf('off'), { mode: tee }),
      /cannot make tee proofs: it was started without --tee/,
    );
    await service.stop();
  });

  it('signs for the programs of its list alone, and refuses others before they have run', async () => {
    const path = join(rig.folder, 'programs');
    writeFileSync(path, `0x${'00'.repeat(32)}\n`);
    const service = await rig.serve({ 'tee-programs': path });
    await assert.rejects(
      alice.submit(stdinOf('unlisted'), { mode: tee }),
      new RegExp(`Nothing is signed here for the program 0x${sampleVkHash}`),
    );
    await service.stop();
    const refused = rig.spawn({ 'tee-programs': join(rig.folder, 'none') });
    assert.equal((await refused.exited).code, 1);
    assert.match(refused.lines.map(({ text }) => text).join('\n'), /The list of programs .* cannot be used/);
  });
});
