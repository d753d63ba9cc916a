import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { u32Buffer } from '../client/client.js';
import { encodeStdin } from '../client/encode.js';
import { ArtifactStore } from '../gen/artifact/artifact_pb.js';
import { ExecutionStatus, FulfillmentStatus, ProverNetwork } from '../gen/network/network_pb.js';
import { installFakeEngine } from '../testkit/engine/fakeEngineLauncher.js';
import { fakeProof, fakePublicValues, fakePublicValuesHash } from '../testkit/engine/fakeProof.js';
import { Refusal, startScriptedNetwork } from '../testkit/network/scriptedNetwork.js';
import { type ScriptedCli, scriptedCli } from '../testkit/scriptedCli.js';
import { runCli } from './runCli.js';

const folder = mkdtempSync(join(tmpdir(), 'sealed-prove-'));
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
const elf = Buffer.concat([Buffer.from('7f454c46', 'hex'), Buffer.from('a guest')]);
const program = join(folder, 'guest.elf');
writeFileSync(program, elf);
const stdin = Buffer.concat(await (await encodeStdin([u32Buffer(20)])).open().toArray());
const proof = fakeProof(elf, stdin, 'core', 1_000);
const requestId = Buffer.alloc(32, 0xab);
const deadline = BigInt(Math.ceil(Date.now() / 1000) + 3600);

let fulfilled = true;
let served: Uint8Array = proof;
network.on(ProverNetwork.method.getNonce, () => ({ nonce: 1n }));
network.on(ProverNetwork.method.getProgram, () => {
  throw new Refusal(status.NOT_FOUND, 'unknown');
});
network.on(ProverNetwork.method.createProgram, () => ({}));
network.on(ArtifactStore.method.createArtifact, () => ({
  artifactUri: 'a',
  artifactPresignedUrl: `${network.url}/artifact`,
}));
network.on(ProverNetwork.method.requestProof, () => ({ txHash: new Uint8Array(32), body: { requestId } }));
network.on(ProverNetwork.method.getProofRequestStatus, () => ({
  fulfillmentStatus: fulfilled ? FulfillmentStatus.FULFILLED : FulfillmentStatus.ASSIGNED,
  executionStatus: ExecutionStatus.EXECUTED,
  deadline,
  proofUri: `${network.url}/proof`,
  publicValuesHash: Buffer.from(fakePublicValuesHash(stdin), 'hex'),
}));
network.onHttp((request, response) => {
  if (request.url === '/proof') response.end(served);
  else request.resume().on('end', () => response.writeHead(request.method === 'PUT' ? 200 : 404).end());
});

async function run(cli: ScriptedCli, ...words: string[]) {
  return { exitCode: await runCli(words, cli), out: cli.out(), err: cli.err() };
}
const out = join(folder, 'a.proof');

test('prove ends with a verified proof on disk', async () => {
  const words = ['prove', '--program', program, '--u32', '20', '--out', out];
  const { exitCode, out: text, err } = await run(scriptedCli(environment), ...words);
  assert.equal(exitCode, 0, err);
  assert.match(text, new RegExp(`Public values {2}0x${fakePublicValues(stdin).toString('hex')}`));
  assert.match(text, /Verified on this machine/);
  assert.match(err, /registered[\s\S]*Request 0x(ab){32}[\s\S]*fulfilled/);
  assert.ok(readFileSync(out).equals(Buffer.concat([proof, Buffer.of(0)])));

  const verified = await run(scriptedCli(environment), 'verify', out, '--program', program, '--json');
  assert.equal(verified.exitCode, 0);
  assert.equal(JSON.parse(verified.out).verified, true);
});

test('a proof that does not verify fails the command', async () => {
  served = fakeProof(Buffer.from('another guest'), stdin, 'core', 1_000);
  const words = ['prove', '--program', program, '--u32', '20', '--out', out];
  const proven = await run(scriptedCli(environment), ...words);
  assert.equal(proven.exitCode, 1);
  assert.match(proven.err, /THE PROOF DOES NOT VERIFY/);
  const verified = await run(scriptedCli(environment), 'verify', out, '--program', program, '--json');
  assert.equal(verified.exitCode, 1);
  assert.equal(JSON.parse(verified.out).verified, false);
  served = proof;
});

test('--no-wait prints the id, and --request takes it up again', async () => {
  const asked = await run(scriptedCli(environment), 'prove', '--program', program, '--no-wait');
  assert.equal(asked.exitCode, 0);
  const id = /Requested (0x[0-9a-f]{64})/.exec(asked.out)?.[1] as string;
  const resumed = await run(scriptedCli(environment), 'prove', '--request', id, '--out', out, '--json');
  assert.equal(resumed.exitCode, 0, resumed.err);
  const result = JSON.parse(resumed.out);
  assert.deepEqual([result.requestId, result.verified, result.path], [id, false, out]);
});

test('request cancel gives a request up, and says why when it cannot', async () => {
  const cancelled: string[] = [];
  network.on(ProverNetwork.method.cancelRequest, ({ body }) => {
    cancelled.push(Buffer.from(body?.requestId ?? []).toString('hex'));
    return { txHash: new Uint8Array(32), body: {} };
  });
  const id = requestId.toString('hex');
  const plain = await run(scriptedCli(environment), 'request', 'cancel', `0x${id}`);
  assert.deepEqual([plain.exitCode, plain.out], [0, `Cancelled 0x${id}\n`]);
  const json = await run(scriptedCli(environment), 'request', 'cancel', id, '--json');
  assert.deepEqual([json.exitCode, JSON.parse(json.out)], [0, { requestId: `0x${id}`, state: 'cancelled' }]);
  assert.deepEqual(cancelled, [id, id]);
  network.on(ProverNetwork.method.cancelRequest, () => {
    throw new Refusal(status.FAILED_PRECONDITION, 'The request is fulfilled already.');
  });
  const late = await run(scriptedCli(environment), 'request', 'cancel', id);
  assert.equal(late.exitCode, 1);
  assert.match(late.err, /FAILED_PRECONDITION\): The request is fulfilled already\./);
  const misread = await run(scriptedCli(environment), 'request', 'cancel', '0x12');
  assert.equal(misread.exitCode, 2);
});

test('Ctrl-C while waiting leaves with 130 and says how to go on', async () => {
  fulfilled = false;
  const cli = scriptedCli(environment);
  const running = run(cli, 'prove', '--program', program, '--out', out);
  await network.called('GetProofRequestStatus');
  cli.interrupt();
  const { exitCode, err } = await running;
  assert.equal(exitCode, 130);
  assert.match(err, /The service goes on\. Pick it up with:\n {2}sealed-prover prove --request 0x(ab){32} --url http/);
  assert.match(err, /Or give it up with:\n {2}sealed-prover request cancel 0x(ab){32} --url http/);
  fulfilled = true;
});
