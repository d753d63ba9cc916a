// A requester for suites that talk to a real service: registers the fake engine's program and asks for proofs, step by step, so that
// each step can be repeated, forged or interrupted.
import { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type Client, type ClientParameters, createClient } from '../../client/client.js';
import { type Context, createContext } from '../../client/context.js';
import { exchange, type SizedBody } from '../../client/http.js';
import { freshNonce } from '../../client/nonce.js';
import { circuitVersion } from '../../client/requestProof.js';
import { createSigner } from '../../client/signer.js';
import { upload } from '../../client/upload.js';
import type { Clock } from '../../clock.js';
import type { ProofMode } from '../../engines/jobs.js';
import { parseVk, type VerifyingKey, vkHash as vkHashOf } from '../../engines/vk.js';
import { ArtifactType } from '../../gen/artifact/artifact_pb.js';
import {
  FulfillmentStrategy,
  MessageFormat,
  ProverNetwork,
  type RequestProofRequestBody,
  RequestProofRequestBodySchema,
} from '../../gen/network/network_pb.js';
import { type Address, bytesOf, parseRequestId, type RequestId, type VkHash } from '../../ids.js';
import { sampleProgram, sampleStdin } from '../artifacts/sampleArtifacts.js';
import { fakeProof, fakeVk } from '../engine/fakeProof.js';

export type RequestBody = MessageInitShape<typeof RequestProofRequestBodySchema>;

export interface ServiceRequester {
  readonly client: Client;
  readonly context: Context;
  readonly address: Address;
  readonly vkHash: VkHash;
  /** Registers the sample program. */
  register(): Promise<void>;
  /** Uploads a stdin artifact. Resolves with its URI. */
  uploadStdin(stdin: Uint8Array): Promise<string>;
  /** One signed RequestProof for an uploaded stdin, tried again as the SDK does. */
  ask(stdinUri: string, changes?: RequestBody): Promise<RequestId>;
  /** The body of such a request, with a nonce that was fetched for it. */
  bodyFor(stdinUri: string, changes?: RequestBody): Promise<RequestProofRequestBody>;
  /** Uploads and asks. */
  submit(stdin: Uint8Array, changes?: RequestBody): Promise<RequestId>;
  /** The proof as the service serves it. */
  fetchProof(proofUrl: string): Promise<Buffer>;
  close(): void;
}

const elf = sampleProgram().subarray(8);
const vk = fakeVk(elf);
/** Of the sample program, as the fake engine makes it. */
export const sampleVkHash = vkHashOf(parseVk(vk) as VerifyingKey);

/** What the fake engine makes of a stdin artifact. */
export const expectedProof = (stdin: Uint8Array, fillerBytes = 1_000, mode: ProofMode = 'core'): Buffer =>
  fakeProof(elf, stdin, mode, fillerBytes);

/** A stdin artifact with this text in it. */
export const stdinOf = (text: string): Buffer => sampleStdin(Buffer.from(text));

/** From now, in seconds since the epoch, as the wire has it. */
export const deadlineIn = (clock: Clock, ms: number): bigint => BigInt(Math.ceil((clock.now() + ms) / 1000));

const hour = 3_600_000;
const unlimited = 2n ** 64n - 1n;

/** `keyByte`: each is another requester. */
export function createRequester(
  url: string,
  {
    clock,
    keyByte = 1,
    signal,
    retryBudgetMs,
    token,
  }: {
    clock: Clock;
    keyByte?: number;
    signal?: AbortSignal;
    retryBudgetMs?: number;
    token?: NonNullable<ClientParameters['token']>;
  },
): ServiceRequester {
  const privateKey = Buffer.alloc(32, keyByte).toString('hex');
  const parameters = {
    url,
    privateKey,
    clock,
    ...(signal && { signal }),
    ...(retryBudgetMs !== undefined && { retryBudgetMs }),
    ...(token !== undefined && { token }),
  };
  const client = createClient(parameters);
  const context = createContext(parameters);
  const unending = signal ?? new AbortController().signal;

  const requester: ServiceRequester = {
    client,
    context,
    address: createSigner(privateKey).address,
    vkHash: sampleVkHash,
    async register() {
      await client.registerProgram({ elf, vk, vkHash: sampleVkHash });
    },
    uploadStdin: (stdin) => upload(context, { type: ArtifactType.PRIVATE_STDIN, body: bodyOf(stdin) }),
    async bodyFor(stdinUri, changes = {}) {
      const nonce = await context.attempt('GetNonce', {}, (call) => freshNonce(context, call));
      return bodyOfRequest(stdinUri, { nonce, deadline: deadlineIn(clock, 4 * hour), ...changes });
    },
    ask(stdinUri, changes = {}) {
      const deadline = deadlineIn(clock, 4 * hour);
      return context.attempt('RequestProof', {}, async (call) => {
        const body = bodyOfRequest(stdinUri, { nonce: await freshNonce(context, call), deadline, ...changes });
        const signature = context.signerFor('RequestProof').sign(toBinary(RequestProofRequestBodySchema, body));
        const answer = await call(ProverNetwork.method.requestProof, { format: MessageFormat.BINARY, signature, body });
        const requestId = parseRequestId(answer.body?.requestId ?? new Uint8Array());
        if (requestId === undefined) throw new Error('the request id is not 32 bytes');
        return requestId;
      });
    },
    submit: async (stdin, changes) => requester.ask(await requester.uploadStdin(stdin), changes),
    async fetchProof(proofUrl) {
      const response = await exchange('GET', proofUrl, { signal: unending, proxyFor: () => undefined });
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      if (response.statusCode !== 200) throw new Error(`HTTP ${response.statusCode}: ${Buffer.concat(chunks)}`);
      return Buffer.concat(chunks);
    },
    close() {
      client.close();
      context.transport.close();
    },
  };
  return requester;
}

const bodyOfRequest = (stdinUri: string, changes: RequestBody): RequestProofRequestBody =>
  create(RequestProofRequestBodySchema, {
    vkHash: bytesOf(sampleVkHash),
    version: circuitVersion,
    mode: 1,
    strategy: FulfillmentStrategy.HOSTED,
    stdinUri,
    cycleLimit: unlimited,
    gasLimit: unlimited,
    stdinPrivate: true,
    ...changes,
  });

export const bodyOf = (bytes: Uint8Array): SizedBody => ({
  sizeBytes: bytes.byteLength,
  open: () => Readable.from([bytes], { objectMode: false }),
});
