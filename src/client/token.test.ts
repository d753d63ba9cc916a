// Where a client shows its bearer token, and where it never does.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { runCli } from '../cli/runCli.js';
import { ArtifactStore } from '../gen/artifact/artifact_pb.js';
import { ExecutionStatus, FulfillmentStatus, ProverNetwork } from '../gen/network/network_pb.js';
import { bytesOf, type VkHash } from '../ids.js';
import { Refusal, type ScriptedNetwork, startScriptedNetwork } from '../testkit/network/scriptedNetwork.js';
import { sampleRequestId } from '../testkit/sampleIds.js';
import { scriptedCli } from '../testkit/scriptedCli.js';
import { type Client, type ClientParameters, createClient } from './client.js';

const { method } = ProverNetwork;
const requestId = sampleRequestId();
const privateKey = '11'.repeat(32);

let scripted: ScriptedNetwork;
let folder: string;
let client: Client;
/** `PUT /path` → the header that came with it. */
let shown: Map<string, string | undefined>;

const connect = (token: ClientParameters['token']) => {
  client = createClient({ url: scripted.url, privateKey, ...(token !== undefined && { token }) });
  return client;
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sealed-token-'));
  scripted = await startScriptedNetwork();
  shown = new Map();
  scripted.on(method.getNonce, () => ({ nonce: 1n }));
  scripted.on(ArtifactStore.method.createArtifact, () => ({
    artifactUri: 'a',
    artifactPresignedUrl: `${scripted.url}/upload`,
  }));
  scripted.on(method.requestProof, () => ({
    txHash: new Uint8Array(32),
    body: { requestId: bytesOf(requestId) },
  }));
  let polls = 0;
  scripted.on(method.getProofRequestStatus, () => ({
    fulfillmentStatus: polls++ === 0 ? FulfillmentStatus.ASSIGNED : FulfillmentStatus.FULFILLED,
    executionStatus: ExecutionStatus.EXECUTED,
    deadline: BigInt(Math.ceil(Date.now() / 1000) + 3600),
    proofUri: `${scripted.url}/proof`,
  }));
  scripted.onHttp((request: IncomingMessage, response) => {
    shown.set(`${request.method} ${request.url}`, request.headers.authorization);
    request.resume().on('end', () => response.end('{"state":"proving"}'));
  });
});
afterEach(async () => {
  client?.close();
  scripted.close();
  await rm(folder, { recursive: true });
});

async function proveAll(): Promise<void> {
  const request = { vkHash: 'ab'.repeat(32) as VkHash, mode: 'core', inputs: [] } as const;
  const id = await client.requestProof(request);
  const { proofUrl } = await client.waitProof(id, { pollMs: 1 });
  await client.download({ proofUrl, path: join(folder, 'proof') });
}

test('it is shown to every call and to the service’s own page of a request, and to no artifact URL', async () => {
  connect('our-token');
  await proveAll();
  assert.deepEqual(new Set(scripted.authorizations), new Set(['Bearer our-token']));
  assert.ok(scripted.calls.includes('CreateArtifact') && scripted.calls.includes('GetProofRequestStatus'));
  assert.deepEqual(
    [...shown],
    [
      ['PUT /upload', undefined],
      [`GET /requests/${requestId}`, 'Bearer our-token'],
      ['GET /proof', undefined],
    ],
  );
});

test('no token, no header', async () => {
  connect(undefined);
  await proveAll();
  assert.deepEqual(new Set(scripted.authorizations), new Set(['']));
  assert.deepEqual(new Set(shown.values()), new Set([undefined]));
});

test('another origin does not see it', async () => {
  const other = await startScriptedNetwork();
  const seen: Array<string | undefined> = [];
  other.onHttp((request, response) => {
    seen.push(request.headers.authorization);
    response.end('{"state":"proving"}');
  });
  scripted.onHttp((request, response) => {
    const isPage = request.url?.startsWith('/requests/') ?? false;
    if (isPage) response.writeHead(302, { location: `${other.url}/page` });
    request.resume().on('end', () => response.end('proof'));
  });
  connect('our-token');
  await proveAll();
  other.close();
  assert.deepEqual(new Set(seen), new Set([undefined]));
});

test('it is read anew at each attempt, so that a rotation in the middle of a wait goes unnoticed', async () => {
  let token = 'old-token';
  connect(() => token);
  let nonces = 0;
  scripted.on(method.getNonce, () => {
    nonces += 1;
    if (nonces > 1) return { nonce: 1n };
    token = 'new-token';
    throw new Refusal(status.UNAVAILABLE, 'The token was replaced; retry with the new one.');
  });
  await client.nonce();
  assert.deepEqual(scripted.authorizations, ['Bearer old-token', 'Bearer new-token']);
});

test('a token that cannot stand in a header is an error of its own, and is not repeated in it', async () => {
  for (const token of ['', 'two words', 'line\nbreak', 'größe']) {
    await assert.rejects(connect(token).nonce(), (error: Error & { failure?: { code: string } }) => {
      assert.equal(error.failure?.code, 'TOKEN_INVALID');
      assert.ok(token === '' || !error.message.includes(token));
      return true;
    });
    client.close();
  }
});

test('the command line takes it from an option, a file or the environment', async () => {
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'from-file\n');
  scripted.on(method.getFilteredProofRequests, () => ({ requests: [] }));
  const list = async (environment: Record<string, string>, ...words: string[]) => {
    const cli = scriptedCli({ SEALED_URL: scripted.url, SEALED_CLIENT_KEY: privateKey, ...environment });
    scripted.authorizations.length = 0;
    const exitCode = await runCli(['request', 'list', ...words], cli);
    return { exitCode, shown: [...new Set(scripted.authorizations)], err: cli.err() };
  };
  const fromEnvironment = { SEALED_TOKEN: 'from-environment' };
  assert.deepEqual((await list(fromEnvironment)).shown, ['Bearer from-environment']);
  assert.deepEqual((await list(fromEnvironment, '--token', 'from-option')).shown, ['Bearer from-option']);
  assert.deepEqual((await list(fromEnvironment, '--token-file', tokenFile)).shown, ['Bearer from-file']);
  assert.deepEqual((await list({})).shown, ['']);
  const missing = await list({}, '--token-file', join(folder, 'none'));
  assert.equal(missing.exitCode, 1);
  assert.match(missing.err, /The token file .*none cannot be read: there is no such file or folder/);
});
