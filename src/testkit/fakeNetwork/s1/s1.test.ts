// Succinct's own private prover, by the calls that its code makes: its server between client and network, its fulfiller, its stub of a GPU.
// Each call has a channel of its own, headers of clients go up, bodies are decoded and encoded again, and nonces are read before each call.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  create,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { createSigner, type Signer } from '../../../client/signer.js';
import { holdingClock } from '../../../clock.js';
import { ArtifactStore, ArtifactType } from '../../../gen/artifact/artifact_pb.js';
import {
  CreateProgramRequestBodySchema,
  CreateProgramRequestSchema,
  FailFulfillmentRequestBodySchema,
  FulfillmentStatus,
  FulfillmentStrategy,
  FulfillProofRequestBodySchema,
  MessageFormat,
  ProofMode,
  ProverNetwork,
  RequestProofRequestBodySchema,
  RequestProofRequestSchema,
} from '../../../gen/network/network_pb.js';
import { type Address, bytesOf, parseRequestId, type RequestId } from '../../../ids.js';
import { sampleProgram } from '../../artifacts/sampleArtifacts.js';
import { fakeProof, fakeVk } from '../../engine/fakeProof.js';
import { createRawCaller, envelope, type RawAnswer } from '../../service/serviceCalls.js';
import { sampleVkHash, stdinOf } from '../../service/serviceRequests.js';
import { type FakeNetwork, startFakeNetwork } from '../fakeNetwork.js';
import { s1Switches } from './profile.js';
import { createStubProver, type StubProver } from './stubProver.js';

const { getNonce, getProgram, createProgram, requestProof, getProofRequestDetails, getProofRequestStatus } =
  ProverNetwork.method;
const stdinUri = 'http://127.0.0.1:8080/artifacts/stdin/artifact_01jq5y8c9te8nrmqb4sx2d7f0k';
const stdin = stdinOf('in its memory only');
const vk = fakeVk(sampleProgram().subarray(8));

describe("Succinct's own server and fulfiller on the fake network", { timeout: 300_000 }, () => {
  const client = createSigner('01'.repeat(32));
  const fulfiller = createSigner('04'.padStart(64, '0'));
  const circuits = 'v5.0.0';
  let network: FakeNetwork;
  let stub: StubProver;
  before(async () => {
    stub = createStubProver();
    network = await startFakeNetwork({ switches: s1Switches, routes: () => stub.routes });
    network.control.addReservation(client.address, fulfiller.address);
  });
  after(() => network.close());

  /** A connection for each call. */
  async function call(method: DescMethodUnary, bytes: Uint8Array, headers = {}): Promise<RawAnswer> {
    const caller = createRawCaller(Number(new URL(network.url).port));
    try {
      return await caller.call(method, bytes, headers);
    } finally {
      caller.close();
    }
  }
  async function ask<M extends DescMethodUnary>(method: M, fields: MessageInitShape<M['input']>, headers = {}) {
    const answer = await call(method, toBinary(method.input, create(method.input, fields)), headers);
    assert.equal(answer.status, 'OK', `${method.name}: ${answer.detail}`);
    return fromBinary(method.output, answer.bytes) as MessageShape<M['output']>;
  }
  const nonceOf = async (address: Address) => (await ask(getNonce, { address: bytesOf(address) })).nonce;
  const format = MessageFormat.BINARY;

  /** As its server forwards: decoded, and encoded again by the types of its own SDK. */
  const throughServer = (method: DescMethodUnary, raw: Uint8Array) =>
    ask(method, fromBinary(method.input, raw) as never, { 'x-forwarded-for': '10.1.2.3' });

  async function register(): Promise<void> {
    const { createArtifact } = ArtifactStore.method;
    const signature = client.signArtifactCreation();
    const artifact = await ask(createArtifact, { signature, artifactType: ArtifactType.PROGRAM });
    assert.match(artifact.artifactUri, /^s3:\/\/[a-z]+\/programs\/artifact_/);
    const put = await fetch(artifact.artifactPresignedUrl, { method: 'PUT', body: sampleProgram() });
    assert.equal(put.status, 200);
    const body = create(CreateProgramRequestBodySchema, {
      nonce: await nonceOf(client.address),
      vkHash: bytesOf(sampleVkHash),
      vk,
      programUri: artifact.artifactUri,
    });
    const signed = client.sign(toBinary(CreateProgramRequestBodySchema, body));
    const message = create(CreateProgramRequestSchema, { format, signature: signed, body });
    await throughServer(createProgram, toBinary(CreateProgramRequestSchema, message));
  }

  async function request(): Promise<RequestId> {
    const body = create(RequestProofRequestBodySchema, {
      nonce: await nonceOf(client.address),
      vkHash: bytesOf(sampleVkHash),
      version: `sp1-${circuits}`,
      mode: ProofMode.COMPRESSED,
      strategy: FulfillmentStrategy.RESERVED,
      stdinUri,
      deadline: BigInt(Math.floor(holdingClock.now() / 1000) + 3_600),
      cycleLimit: 1_000_000n,
      gasLimit: 1_000_000n,
    });
    const signature = client.sign(toBinary(RequestProofRequestBodySchema, body));
    const message = create(RequestProofRequestSchema, { format, signature, body });
    const answer = (await throughServer(requestProof, toBinary(RequestProofRequestSchema, message))) as {
      body?: { requestId: Uint8Array };
    };
    const requestId = parseRequestId(answer.body?.requestId ?? new Uint8Array());
    assert.ok(requestId);
    // Its server asks at once whether the request is its own, by the address of its key.
    const details = await ask(getProofRequestDetails, { requestId: bytesOf(requestId) });
    assert.equal(Buffer.from(details.request?.fulfiller ?? []).toString('hex'), fulfiller.address);
    assert.equal(details.request?.stdinUri, stdinUri);
    return requestId;
  }

  /** By its own credentials, path style, as aws-sdk-rust does to an address of digits. */
  async function fetchProgram(): Promise<Buffer> {
    const { program } = await ask(getProgram, { vkHash: bytesOf(sampleVkHash) });
    const path = program?.programUri.replace('s3://', '');
    const authorization =
      'AWS4-HMAC-SHA256 Credential=any/20261130/us-east-2/s3/aws4_request, SignedHeaders=host, Signature=00';
    const response = await fetch(`${network.url}/${path}?x-id=GetObject`, { headers: { authorization } });
    assert.equal(response.status, 200);
    return Buffer.from(await response.arrayBuffer());
  }

  async function twirp(method: string, data: Uint8Array): Promise<BinaryReader> {
    const body = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(data).finish();
    const headers = { 'content-type': 'application/protobuf' };
    const response = await fetch(`${network.url}/twirp/api.ProverService/${method}`, {
      method: 'POST',
      headers,
      body: Buffer.from(body),
    });
    assert.equal(response.status, 200);
    const reader = new BinaryReader(new Uint8Array(await response.arrayBuffer()));
    assert.equal(reader.tag()[0], 1);
    return reader;
  }

  const fulfilling = (signer: Signer, nonce: bigint, requestId: RequestId, proof: Uint8Array) => {
    const body = create(FulfillProofRequestBodySchema, { nonce, requestId: bytesOf(requestId), proof });
    const bytes = toBinary(FulfillProofRequestBodySchema, body);
    return call(ProverNetwork.method.fulfillProof, envelope(signer.sign(bytes), bytes));
  };

  it('T56: a proof of circuits v5 completes, from registration to download', async () => {
    await register();
    const requestId = await request();
    assert.equal((await twirp('Ready', new Uint8Array())).bool(), true);
    assert.deepEqual(await fetchProgram(), sampleProgram());
    for (const step of ['Setup', 'ProveCoreStateless', 'Compress'])
      assert.equal((await twirp(step, stdin)).bytes().byteLength, 32);

    const proof = fakeProof(sampleProgram().subarray(8), stdin, 'compressed', 300);
    const ofVersion5 = Buffer.from(proof.toString('latin1').replace('v6.1.0', circuits), 'latin1');
    const nonce = await nonceOf(fulfiller.address);
    // The circuits of another SDK are refused.
    assert.equal((await fulfilling(fulfiller, nonce, requestId, proof)).status, 'INVALID_ARGUMENT');
    const whole = Buffer.concat([ofVersion5, Buffer.of(0)]);
    assert.equal((await fulfilling(fulfiller, nonce, requestId, whole)).status, 'OK');

    const status = await ask(getProofRequestStatus, { requestId: bytesOf(requestId) });
    assert.equal(status.fulfillmentStatus, FulfillmentStatus.FULFILLED);
    const download = await fetch(status.proofUri ?? '');
    assert.deepEqual(Buffer.from(await download.arrayBuffer()), whole);
    assert.deepEqual(stub.calls, ['Ready', 'Setup', 'ProveCoreStateless', 'Compress']);
    // It has passed on what its client said of its way. Ours must not.
    assert.ok(network.invariants().every((broken) => broken.endsWith('came with x-forwarded-for')));
    assert.ok(network.invariants().length > 0);
  });

  it('T56: two of its workers read one nonce, and one of them loses its proof, as it is known of them', async () => {
    const ids = [await request(), await request()];
    const nonce = await nonceOf(fulfiller.address);
    const proof = Buffer.from(
      fakeProof(sampleProgram().subarray(8), stdin, 'compressed', 300).toString('latin1').replace('v6.1.0', circuits),
      'latin1',
    );
    const answers = await Promise.all(ids.map((id) => fulfilling(fulfiller, nonce, id, proof)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), ['OK', 'UNAVAILABLE']);
    assert.match(answers.find(({ status }) => status !== 'OK')?.detail ?? '', /invalid nonce for sender/);
  });

  it('T56: what its prover cannot prove is unfulfillable, without a cause', async () => {
    const requestId = await request();
    const body = create(FailFulfillmentRequestBodySchema, {
      nonce: await nonceOf(fulfiller.address),
      requestId: bytesOf(requestId),
    });
    const bytes = toBinary(FailFulfillmentRequestBodySchema, body);
    const { status } = await call(ProverNetwork.method.failFulfillment, envelope(fulfiller.sign(bytes), bytes));
    assert.equal(status, 'OK');
    const seen = await ask(getProofRequestStatus, { requestId: bytesOf(requestId) });
    assert.equal(seen.fulfillmentStatus, FulfillmentStatus.UNFULFILLABLE);
  });

  it('T41: a client of a later SDK is refused for its circuits', async () => {
    const body = create(RequestProofRequestBodySchema, {
      nonce: await nonceOf(client.address),
      vkHash: bytesOf(sampleVkHash),
      version: 'sp1-v6.1.0',
      mode: ProofMode.COMPRESSED,
      strategy: FulfillmentStrategy.RESERVED,
      stdinUri,
      deadline: BigInt(Math.floor(holdingClock.now() / 1000) + 3_600),
    });
    const bytes = toBinary(RequestProofRequestBodySchema, body);
    assert.equal((await call(requestProof, envelope(client.sign(bytes), bytes))).status, 'INVALID_ARGUMENT');
  });
});
