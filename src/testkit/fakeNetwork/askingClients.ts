// Clients of a front in simulated time: each asks for one proof, and asks again as the SDK does, whichever life of the service answers.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { createSigner } from '../../client/signer.js';
import type { Clock } from '../../clock.js';
import { FailureError } from '../../failures/failureError.js';
import {
  FulfillmentStrategy,
  GetNonceResponseSchema,
  ProverNetwork,
  RequestProofRequestBodySchema,
  RequestProofResponseSchema,
} from '../../gen/network/network_pb.js';
import { bytesOf, parseRequestId, type RequestId } from '../../ids.js';
import type { CallContext, Method } from '../../transport/grpc/call.js';
import { code, type Status, StatusError } from '../../transport/grpc/code.js';
import { grpcStatusOf } from '../../transport/grpc/failureStatus.js';
import { envelope } from '../service/serviceCalls.js';
import { vkHash } from '../world/world.js';

export interface AskOptions {
  /** It asks once, whatever comes of it. */
  readonly once?: boolean;
  /** Its guest fails. */
  readonly guestFails?: boolean;
}

export interface AskingClient extends AskOptions {
  readonly text: string;
  readonly stdinUri: string;
  readonly state: 'asking' | 'answered' | 'left' | 'refused';
  /** Of its answer. */
  readonly requestId: RequestId | undefined;
  /** Why it was refused. */
  readonly refusal: string | undefined;
}

/** The life of the service that answers now. */
export interface Answering {
  readonly methods: readonly Method[];
  /** Resolves when that life is over. */
  readonly died: Promise<void>;
}

export type Asking = { -readonly [Key in keyof AskingClient]: AskingClient[Key] };

type Called = { readonly ok: true; readonly bytes: Uint8Array } | { readonly ok: false; readonly status: Status };

const hour = 3_600_000;
const retryMs = 1_000;
/** The SDK's own limit of a call (ms). */
const callMs = 60_000;
const unlimited = 2n ** 64n - 1n;
/** What the SDK tries again. */
const passing = new Set<number>([code.unavailable, code.aborted, code.internal, code.deadlineExceeded]);

/** Resolves when the client has its answer, or will not ask again. `key`: its private key. */
export async function runClient(
  client: Asking,
  { key, clock, service }: { key: string; clock: Clock; service: () => Answering },
): Promise<void> {
  const account = createSigner(key);
  const deadline = BigInt(Math.ceil((clock.now() + 4 * hour) / 1_000));
  const ask = (name: string, raw: Uint8Array) => call(service(), clock, name, raw);

  async function attempt(): Promise<Called> {
    const { getNonce } = ProverNetwork.method;
    const found = await ask(
      'GetNonce',
      toBinary(getNonce.input, create(getNonce.input, { address: bytesOf(account.address) })),
    );
    if (!found.ok) return found;
    const { nonce } = fromBinary(GetNonceResponseSchema, found.bytes);
    const body = toBinary(RequestProofRequestBodySchema, bodyOf(client.stdinUri, { nonce, deadline }));
    return ask('RequestProof', envelope(account.sign(body), body));
  }

  for (;;) {
    const answer = await attempt();
    if (answer.ok) {
      const { body } = fromBinary(RequestProofResponseSchema, answer.bytes);
      client.requestId = parseRequestId(body?.requestId ?? new Uint8Array());
      client.state = 'answered';
      return;
    }
    if (client.once || !passing.has(answer.status.code)) {
      client.state = client.once ? 'left' : 'refused';
      client.refusal = answer.status.details;
      return;
    }
    await new Promise<void>((resolve) => clock.wakeIn(retryMs, resolve));
  }
}

const bodyOf = (stdinUri: string, { nonce, deadline }: { nonce: bigint; deadline: bigint }) =>
  create(RequestProofRequestBodySchema, {
    nonce,
    vkHash: bytesOf(vkHash),
    version: 'sp1-v6.1.0',
    mode: 1,
    strategy: FulfillmentStrategy.RESERVED,
    stdinUri,
    deadline,
    cycleLimit: unlimited,
    gasLimit: unlimited,
    stdinPrivate: true,
  });

async function call({ methods, died }: Answering, clock: Clock, name: string, raw: Uint8Array): Promise<Called> {
  const method = methods.find(({ path }) => path.endsWith(`/${name}`));
  if (method === undefined || !('answer' in method)) throw new Error(`${name} is not served`);
  const late = new Promise<void>((resolve) => clock.wakeIn(callMs, resolve));
  try {
    const answer = await Promise.race([Promise.resolve(method.answer(contextOf(raw))), died, late]);
    if (answer !== undefined) return { ok: true, bytes: answer };
    return { ok: false, status: { code: code.unavailable, details: 'no answer' } };
  } catch (error) {
    if (error instanceof StatusError) return { ok: false, status: error.status };
    if (error instanceof FailureError) return { ok: false, status: grpcStatusOf(error.failure) };
    throw error;
  }
}

const contextOf = (raw: Uint8Array): CallContext =>
  ({
    raw,
    headers: {},
    peer: { address: '127.0.0.1', port: 1, certificate: undefined },
    userAgent: 'tonic/0.14',
    hasTimeLimit: false,
    authorization: undefined,
    signal: new AbortController().signal,
  }) as unknown as CallContext;
