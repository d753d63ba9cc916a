// `attest policy`: a policy that the target itself fulfils, and none for a target that is not genuine.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { attestCli } from '../../testkit/attestation/attestCli.js';
import {
  type FakeTarget,
  mockEvidence,
  mockRootDer,
  nonceOf,
  startFakeTarget,
} from '../../testkit/attestation/fakeTarget.js';
import { mockNow } from '../../testkit/attestation/mockPki.js';

const cli = attestCli();
let target: FakeTarget;
let words: string[];
before(async () => {
  target = await startFakeTarget(
    async (_request, response, url) =>
      void response.end(JSON.stringify(await mockEvidence({ nonce: nonceOf(url), spki: target.spki }))),
    { tls: 'server' },
  );
  words = ['--insecure-dev-root', cli.write(await mockRootDer()), '--time', String(mockNow)];
});
after(() => target.close());

test('the policy pins all that is shown, says that nobody has reviewed it, and its target fulfils it', async () => {
  const { exitCode, out, err } = await cli.run('policy', target.url, ...words);
  assert.equal(exitCode, 0, err);
  assert.match(err, /^WARNING Nothing was proven/);
  const policy = JSON.parse(out);
  assert.match(policy.name, /^unreviewed: 127\.0\.0\.1, 2026-06-01T00:00:00Z$/);
  assert.deepEqual(policy.compose.publishedPorts, [443]);
  assert.deepEqual(policy.compose.agentSocketServices, ['prover']);
  assert.deepEqual(Object.keys(policy.compose.images), ['ghcr.io/example/prover']);
  const { codes, level } = await cli.verdict(target.url, ...words, '--policy', cli.write(out));
  assert.deepEqual([codes, level], [[], 'identified']);
});

test('a target that is not genuine gets none', async () => {
  const { exitCode, out, err } = await cli.run('policy', target.url, '--time', String(mockNow));
  assert.deepEqual([exitCode, out], [1, '']);
  assert.match(err, /CERT_CHAIN_INVALID[\s\S]*No policy was written: the target is not genuine\.\n$/);
});
