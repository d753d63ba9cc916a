import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';
import { toBinary } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { type Clock, holdingClock } from '../clock.js';
import { ArtifactStore, ArtifactType } from '../gen/artifact/artifact_pb.js';
import {
  type CancelRequestRequest,
  CancelRequestRequestBodySchema,
  ExecuteFailureCause,
  ExecutionStatus,
  FulfillmentStatus,
  ProverNetwork,
  type RequestProofRequest,
  RequestProofRequestBodySchema,
} from '../gen/network/network_pb.js';
import { bytesOf, type RequestId, type VkHash } from '../ids.js';
import { fakeProof } from '../testkit/engine/fakeProof.js';
import { Refusal, type ScriptedNetwork, startScriptedNetwork } from '../testkit/network/scriptedNetwork.js';
import { impatientClock } from '../testkit/world/impatientClock.js';
import { recoverAddress } from '../workers/recover.worker.js';
import { type Client, createClient } from './client.js';
import { ClientError, type ClientErrorCode } from './errors.js';

const network = ProverNetwork.method;
const requestId = 'ab'.repeat(32) as RequestId;
const vkHash = 'cd'.repeat(32) as VkHash;
const vk = Buffer.alloc(104, 7);
const elf = Buffer.from('7f454c46', 'hex');
const privateKey = '11'.repeat(32);
const deadline = BigInt(Math.ceil(Date.now() / 1000) + 3600);

const folder = await mkdtemp(join(tmpdir(), 'sealed-client-'));
after(() => rm(folder, { recursive: true }));

let scripted: ScriptedNetwork;
let client: Client;
let uploads: Buffer[];
let requested: RequestProofRequest[];
const clients: Client[] = [];

function connect(clock: Clock = holdingClock, url = scripted.url): Client {
  const made = createClient({ url, privateKey, clock, retryBudgetMs: 5_000 });
  clients.push(made);
  return made;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

beforeEach(async () => {
  scripted = await startScriptedNetwork();
  client = connect();
  uploads = [];
  requested = [];
  let nonce = 0n;
  scripted.on(network.getNonce, () => ({ nonce: nonce++ }));
  scripted.on(network.getProgram, () => {
    throw new Refusal(status.NOT_FOUND, 'no such program');
  });
  scripted.on(network.createProgram, () => ({}));
  scripted.on(ArtifactStore.method.createArtifact, ({ artifactType }) => ({
    artifactUri: `artifact:${ArtifactType[artifactType]}`,
    artifactPresignedUrl: `${scripted.url}/${ArtifactType[artifactType]}`,
  }));
  scripted.on(network.requestProof, (request) => {
    requested.push(request);
    return { txHash: new Uint8Array(32), body: { requestId: bytesOf(requestId) } };
  });
  scripted.onHttp(async (request, response) => {
    uploads.push(await bodyOf(request));
    response.end();
  });
});
afterEach(() => {
  for (const made of clients.splice(0)) made.close();
  scripted.close();
});

const rejectsWith = (promise: Promise<unknown>, code: ClientErrorCode, facts: object = {}) =>
  assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof ClientError, String(error));
    const { failure } = error;
    assert.deepEqual({ ...failure, ...facts, code }, failure);
    return true;
  });

test('registers an unknown program once, and uploads nothing for a known one', async () => {
  assert.deepEqual(await client.registerProgram({ elf, vk, vkHash }), { vkHash, registered: true });
  assert.deepEqual(scripted.calls, ['GetProgram', 'CreateArtifact', 'GetNonce', 'CreateProgram']);
  assert.equal(uploads[0]?.toString('hex'), '04000000000000007f454c46');

  scripted.on(network.getProgram, () => ({ program: { vkHash: bytesOf(vkHash), vk } }));
  assert.deepEqual(await client.registerProgram({ elf, vk, vkHash }), { vkHash, registered: false });
  assert.equal(uploads.length, 1);
  await rejectsWith(client.registerProgram({ elf, vk: Buffer.alloc(104), vkHash }), 'VK_HASH_MISMATCH', { vkHash });
});

test('a request that is tried again has a new nonce and signature, and the same stdin and deadline', async () => {
  let refusals = 2;
  scripted.on(network.requestProof, (request) => {
    requested.push(request);
    if (refusals-- > 0) throw new Refusal(status.ABORTED, 'stale nonce');
    return { txHash: new Uint8Array(32), body: { requestId: bytesOf(requestId) } };
  });
  const inputs = [Buffer.from('secret')];
  assert.equal(await connect(impatientClock).requestProof({ vkHash, mode: 'compressed', inputs }), requestId);

  assert.deepEqual(
    requested.map(({ body }) => body?.nonce),
    [0n, 1n, 2n],
  );
  assert.equal(new Set(requested.map(({ body }) => `${body?.stdinUri} ${body?.deadline}`)).size, 1);
  assert.equal(uploads.length, 1);
  for (const { body, signature } of requested) {
    assert.ok(body);
    assert.ok(body.stdinPrivate && body.cycleLimit === 2n ** 64n - 1n && body.version === 'sp1-v6.1.0');
    const message = toBinary(RequestProofRequestBodySchema, body);
    assert.equal(recoverAddress({ message, signature }), '19e7e376e7c213b7e7e7e46cc70a5dd086daff2a');
  }
});

test('a request is cancelled with a signed call, repeated with a new nonce while the service says so, and the wait reports it', async () => {
  const calls: CancelRequestRequest[] = [];
  scripted.on(network.cancelRequest, (request) => {
    calls.push(request);
    if (calls.length === 1) throw new Refusal(status.ABORTED, 'stale nonce');
    return { txHash: new Uint8Array(32), body: {} };
  });
  await connect(impatientClock).cancelRequest(requestId);
  assert.deepEqual(
    calls.map(({ body }) => body?.nonce),
    [0n, 1n],
  );
  for (const { body, signature } of calls) {
    assert.ok(body);
    assert.deepEqual(Buffer.from(body.requestId), Buffer.from(bytesOf(requestId)));
    const message = toBinary(CancelRequestRequestBodySchema, body);
    assert.equal(recoverAddress({ message, signature }), '19e7e376e7c213b7e7e7e46cc70a5dd086daff2a');
  }
  scripted.on(network.cancelRequest, () => {
    throw new Refusal(status.FAILED_PRECONDITION, 'It is fulfilled already.');
  });
  await rejectsWith(client.cancelRequest(requestId), 'REFUSED', {
    call: 'CancelRequest',
    status: 'FAILED_PRECONDITION',
    detail: 'It is fulfilled already.',
  });

  scriptStatuses([FulfillmentStatus.UNFULFILLABLE, ExecutionStatus.EXECUTED]);
  scripted.onHttp((_request, response) => response.end(JSON.stringify({ state: 'cancelled', elapsedMs: 1 })));
  scripted.on(network.getProofRequestDetails, () => ({
    request: { requestId: bytesOf(requestId), vkHash: bytesOf(vkHash), requester: new Uint8Array(20) },
  }));
  await rejectsWith(client.waitProof(requestId), 'UNFULFILLABLE', { detail: 'The request was cancelled.' });
});

test('an upload is tried again after 504 and after a cut connection, and not after 413', async () => {
  const answers = [
    (request: IncomingMessage) => request.socket.destroy(),
    (_request: IncomingMessage, respond: (code: number) => void) => respond(504),
    (_request: IncomingMessage, respond: (code: number) => void) => respond(200),
  ];
  let attempts = 0;
  scripted.onHttp(async (request, response) => {
    await bodyOf(request);
    answers[attempts++]?.(request, (code) => response.writeHead(code).end());
  });
  const impatient = connect(impatientClock);
  assert.equal(await impatient.requestProof({ vkHash, mode: 'core', inputs: [] }), requestId);
  assert.equal(attempts, 3);

  scripted.onHttp(async (request, response) => {
    await bodyOf(request);
    response.writeHead(413).end('{"error":{"code":"ARTIFACT_TOO_LARGE","message":"larger than 1 GiB"}}');
  });
  await rejectsWith(impatient.requestProof({ vkHash, mode: 'core', inputs: [] }), 'TRANSFER_REFUSED', {
    httpStatus: 413,
    detail: 'larger than 1 GiB',
  });
});

test('a final refusal is not tried again and keeps the words of the service', async () => {
  scripted.on(network.requestProof, () => {
    throw new Refusal(status.RESOURCE_EXHAUSTED, 'Compressed proofs need 18 GB.');
  });
  await rejectsWith(client.requestProof({ vkHash, mode: 'compressed', inputs: [] }), 'REFUSED', {
    call: 'RequestProof',
    status: 'RESOURCE_EXHAUSTED',
    detail: 'Compressed proofs need 18 GB.',
  });
  assert.equal(scripted.calls.filter((call) => call === 'RequestProof').length, 1);
});

test('a port without a listener is UNREACHABLE', async () => {
  const gone = await startScriptedNetwork();
  gone.close();
  await rejectsWith(connect(impatientClock, gone.url).nonce({ retryBudgetMs: 0 }), 'UNREACHABLE', { url: gone.url });
  assert.throws(() => createClient({ url: '127.0.0.1:8080' }), {
    failure: { code: 'URL_INVALID', url: '127.0.0.1:8080' },
  });
  await rejectsWith(createClient({ url: gone.url }).nonce(), 'KEY_MISSING', { call: 'GetNonce' });
});

const statusAnswer = (fulfilment: FulfillmentStatus, execution: ExecutionStatus) => ({
  fulfillmentStatus: fulfilment,
  executionStatus: execution,
  deadline,
  requestTxHash: new Uint8Array(32),
});

/** Answers polls from a list. The last answer stays. */
function scriptStatuses(...answers: [FulfillmentStatus, ExecutionStatus][]) {
  let polls = 0;
  scripted.on(network.getProofRequestStatus, () => {
    const [fulfilment, execution] = answers[Math.min(polls++, answers.length - 1)] as (typeof answers)[number];
    const answer = statusAnswer(fulfilment, execution);
    return fulfilment === FulfillmentStatus.FULFILLED ? { ...answer, proofUri: `${scripted.url}/proof` } : answer;
  });
}

test('watch yields each change once, with the detail that the service has, and ends after the last state', async () => {
  scriptStatuses(
    [FulfillmentStatus.ASSIGNED, ExecutionStatus.UNEXECUTED],
    [FulfillmentStatus.ASSIGNED, ExecutionStatus.EXECUTED],
    [FulfillmentStatus.ASSIGNED, ExecutionStatus.EXECUTED],
    [FulfillmentStatus.ASSIGNED, ExecutionStatus.EXECUTED],
    [FulfillmentStatus.FULFILLED, ExecutionStatus.EXECUTED],
  );
  const shards = [0, 1, 1, 2, 4];
  let asked = 0;
  scripted.onHttp((request, response) => {
    assert.equal(request.url, `/requests/${requestId}`);
    const progress = { stage: 'proving', done: shards[asked], total: 4, cycles: 9 };
    response.end(JSON.stringify({ state: 'proving', elapsedMs: asked++, progress }));
  });
  const seen = [];
  const controller = new AbortController();
  for await (const { state, detail } of client.watch(requestId, { pollMs: 1, signal: controller.signal })) {
    seen.push(`${state} ${detail?.progress?.done}`);
  }
  assert.deepEqual(seen, ['executing 0', 'proving 1', 'proving 2', 'fulfilled 4']);
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
});

test('a service that gives no detail is not asked for ever', async () => {
  scriptStatuses(
    ...Array.from({ length: 8 }, (): [FulfillmentStatus, ExecutionStatus] => [FulfillmentStatus.ASSIGNED, 1]),
    [FulfillmentStatus.FULFILLED, ExecutionStatus.EXECUTED],
  );
  let asked = 0;
  scripted.onHttp((_request, response) => {
    asked += 1;
    response.writeHead(404).end();
  });
  assert.equal((await client.waitProof(requestId, { pollMs: 1 })).state, 'fulfilled');
  assert.equal(asked, 3);
});

test('a watch outlives a service that is away for a while', async () => {
  scriptStatuses([FulfillmentStatus.ASSIGNED, ExecutionStatus.UNEXECUTED]);
  let polls = 0;
  scripted.on(network.getProofRequestStatus, () => {
    polls += 1;
    if (polls > 1 && polls < 12) throw new Refusal(status.UNAVAILABLE, 'The service is starting.');
    const fulfilment = polls === 1 ? FulfillmentStatus.ASSIGNED : FulfillmentStatus.UNFULFILLABLE;
    return statusAnswer(fulfilment, ExecutionStatus.UNEXECUTED);
  });
  const seen = [];
  for await (const { state } of connect(impatientClock).watch(requestId)) seen.push(state);
  assert.deepEqual(seen, ['executing', 'unfulfillable']);
});

test('a guest that fails ends the wait with its cause', async () => {
  scriptStatuses([FulfillmentStatus.UNFULFILLABLE, ExecutionStatus.UNEXECUTABLE]);
  scripted.on(network.getProofRequestDetails, () => ({
    request: {
      requestId: bytesOf(requestId),
      vkHash: bytesOf(vkHash),
      requester: new Uint8Array(20),
      executeFailCause: ExecuteFailureCause.HALT_WITH_NON_ZERO_EXIT_CODE,
    },
  }));
  await rejectsWith(client.waitProof(requestId), 'UNEXECUTABLE', { requestId, cause: 'HALT_WITH_NON_ZERO_EXIT_CODE' });
});

test('a wait that is given up ends at once', async () => {
  scriptStatuses([FulfillmentStatus.ASSIGNED, ExecutionStatus.UNEXECUTED]);
  const controller = new AbortController();
  const waiting = client.waitProof(requestId, {
    signal: controller.signal,
    pollMs: 3_600_000,
    onUpdate: () => setImmediate(() => controller.abort()),
  });
  await rejectsWith(waiting, 'ABORTED');
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
});

test('prove goes the whole way', async () => {
  scriptStatuses([FulfillmentStatus.FULFILLED, ExecutionStatus.EXECUTED]);
  scripted.onHttp(async (request, response) => {
    if (request.method === 'PUT') uploads.push(await bodyOf(request));
    response.end(proof);
  });
  const proof = fakeProof(Buffer.from('elf'), Buffer.from('stdin'), 'core', 5);
  const ids: RequestId[] = [];
  const path = join(folder, 'c.proof');
  const proven = await client.prove({
    elf,
    setup: async () => ({ vk, vkHash }),
    mode: 'core',
    inputs: [Buffer.from([1])],
    path,
    onRequested: (id) => ids.push(id),
  });
  assert.deepEqual([ids, proven.request.state, proven.sizeBytes], [[requestId], 'fulfilled', proof.length]);
  assert.equal(uploads[1]?.toString('hex'), `01000000000000000100000000000000${'01'}${'00'.repeat(16)}`);
  assert.ok((await readFile(path)).equals(Buffer.concat([proof, Buffer.of(0)])));
});
