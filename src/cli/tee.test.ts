import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createDevPki } from '../attestation/dev/devPki.js';
import { toHex } from '../attestation/verify/bytes.js';
import { ExecutionStatus, FulfillmentStatus, ProverNetwork } from '../gen/network/network_pb.js';
import type { VkHash } from '../ids.js';
import { systemRandom } from '../random.js';
import { offChainReportData } from '../tee/reportData.js';
import { encodeTeeProof, teeDigest } from '../tee/teeProof.js';
import { sampleProgram } from '../testkit/artifacts/sampleArtifacts.js';
import { installFakeEngine } from '../testkit/engine/fakeEngineLauncher.js';
import { startScriptedNetwork } from '../testkit/network/scriptedNetwork.js';
import { scriptedCli } from '../testkit/scriptedCli.js';
import { sampleVkHash } from '../testkit/service/serviceRequests.js';
import { vectorKey } from '../testkit/world/scriptedSigner.js';
import { runCli } from './runCli.js';

const folder = mkdtempSync(join(tmpdir(), 'sealed-tee-'));
const network = await startScriptedNetwork();
after(() => {
  network.close();
  rmSync(folder, { recursive: true });
});
const environment = {
  XDG_CACHE_HOME: folder,
  SEALED_URL: network.url,
  SEALED_CLIENT_KEY: '11'.repeat(32),
  SEALED_ENGINE: await installFakeEngine(folder, {}),
};
const program = join(folder, 'guest.elf');
writeFileSync(program, sampleProgram().subarray(8));
const publicValues = Buffer.from('140000006d1a0000c22a0000', 'hex');
const proofOf = (vkHash: VkHash) =>
  encodeTeeProof({ signature: vectorKey.sign(teeDigest(vkHash, publicValues)), vkHash, publicValues });
const proof = proofOf(sampleVkHash);
const path = join(folder, 'a.json');
writeFileSync(path, proof);

let served = proof;
network.on(ProverNetwork.method.getNonce, () => ({ nonce: 1n }));
network.on(ProverNetwork.method.getProofRequestStatus, () => ({
  fulfillmentStatus: FulfillmentStatus.FULFILLED,
  executionStatus: ExecutionStatus.EXECUTED,
  deadline: 9_999_999_999n,
  proofUri: `${network.url}/proof`,
}));
network.onHttp((request, response) => {
  if (request.url === '/proof') response.end(served);
  else response.writeHead(404).end();
});

async function run(...words: string[]) {
  const cli = scriptedCli(environment);
  return { exitCode: await runCli(words, cli), out: cli.out(), err: cli.err() };
}

test('tee verify ends with 0 only if every check holds, and names each', async () => {
  const signer = `0x${vectorKey.address}`;
  const right = await run('tee', 'verify', path, '--program', program, '--signer', signer, '--signer', '11'.repeat(20));
  assert.equal(right.exitCode, 0, right.err);
  assert.match(right.out, /ok {4}signature[\s\S]*Signer {9}0x1a642f0e[\s\S]*Verified: this key says/);
  const json = await run('tee', 'verify', path, '--vk-hash', sampleVkHash, '--signer', signer, '--json');
  assert.equal(JSON.parse(json.out).ok, true);
  for (const [words, failing] of [
    [['--vk-hash', sampleVkHash], 'signer'],
    [['--signer', signer], 'vk'],
    [['--vkey', '00'.repeat(32), '--signer', signer], 'vk'],
    [['--vk-hash', sampleVkHash, '--signer', '11'.repeat(20)], 'signer'],
    [['--vk-hash', sampleVkHash, '--signer', signer, '--public-values', '0x00'], 'publicValues'],
  ] as const) {
    const wrong = await run('tee', 'verify', path, ...words);
    assert.equal(wrong.exitCode, 1);
    assert.match(wrong.out, new RegExp(`FAIL {2}${failing}[\\s\\S]*DOES NOT VERIFY`));
  }
  const misread = await run('tee', 'verify', path, '--signer', '0x12');
  assert.equal(misread.exitCode, 2);
});

test('prove takes a signature up in place of a proof, and fails for one of another program', async () => {
  const out = join(folder, 'b.json');
  const words = ['prove', '--mode', 'tee', '--request', 'ab'.repeat(32), '--program', program, '--out', out];
  const { exitCode, out: text, err } = await run(...words);
  assert.equal(exitCode, 0, err);
  assert.match(text, /TEE proof[\s\S]*Public values {2}0x140000006d1a0000c22a0000[\s\S]*Signer {9}0x1a642f0e/);
  assert.deepEqual(readFileSync(out), proof);
  served = proofOf('00'.repeat(32) as VkHash);
  const forged = await run(...words);
  assert.equal(forged.exitCode, 1);
  assert.match(forged.err, /THE SIGNATURE DOES NOT VERIFY: It is of another program/);
});

test('T54: tee verify takes the quote of the key in place of a key that is named', async () => {
  const now = 1_700_000_000;
  const pki = createDevPki(now * 1_000, systemRandom);
  const { address } = vectorKey;
  const shown = {
    address: `0x${address}`,
    quote: { reference: { number: 0, hash: `0x${'00'.repeat(32)}` } },
    quoteBytes: Buffer.from(pki.quote({ reportData: toHex(offChainReportData(address)) })).toString('base64'),
  };
  const file = (name: string, content: string | Uint8Array) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const collateral = file('collateral.json', JSON.stringify(pki.collateral(now * 1_000)));
  const words = [
    'tee',
    'verify',
    path,
    '--vk-hash',
    sampleVkHash,
    '--quote',
    file('shown.json', JSON.stringify(shown)),
  ];
  const offline = ['--collateral', collateral, '--time', `${now}`];
  const right = await run(...words, ...offline, '--insecure-dev-root', file('root.der', pki.root));
  assert.equal(right.exitCode, 0, right.out + right.err);
  assert.match(right.out, /ok {4}quote +A genuine machine/);
  assert.doesNotMatch(right.out, /signer {8}/);
  const byIntel = await run(...words, ...offline);
  assert.equal(byIntel.exitCode, 1);
  assert.match(byIntel.out, /FAIL {2}quote +The quote is refused: certificates\.chain/);
  assert.equal((await run('tee', 'verify', path, '--policy', collateral)).exitCode, 2);
  assert.equal((await run(...words, ...offline, '--policy', collateral)).exitCode, 2);
  assert.equal((await run(...words.slice(0, -1), join(folder, 'none'))).exitCode, 2);
});
