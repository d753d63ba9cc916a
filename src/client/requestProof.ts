// Uploads an input and asks for a proof of a registered program.
import { create, toBinary } from '@bufbuild/protobuf';
import { type RequestMode, requestModeNumber } from '../engines/jobs.js';
import { ArtifactType } from '../gen/artifact/artifact_pb.js';
import {
  FulfillmentStrategy,
  MessageFormat,
  type ProofMode,
  ProverNetwork,
  RequestProofRequestBodySchema,
} from '../gen/network/network_pb.js';
import { bytesOf, parseRequestId, type RequestId } from '../ids.js';
import type { CallParameters, Context } from './context.js';
import { type ByteSource, encodeStdin } from './encode.js';
import { clientError } from './errors.js';
import { givenVkHash } from './givenId.js';
import { freshNonce } from './nonce.js';
import { upload } from './upload.js';

/** The circuits that today's clients verify against (SP1_CIRCUIT_VERSION of sp1-sdk 6.1.0 to 6.10.0). */
export const circuitVersion = 'sp1-v6.1.0';

/** The SDK's own default. */
const defaultTimeoutMs = 14_400_000;
/** 2^64 − 1: the SDK's value for "no limit". */
const unlimited = 2n ** 64n - 1n;

export interface RequestProofParameters extends CallParameters {
  readonly vkHash: string;
  /** `tee`: a signature of the service over what the program commits to, and no proof (docs/tee-proofs.md). */
  readonly mode: RequestMode;
  /** One buffer for each read of the guest. */
  readonly inputs: readonly ByteSource[];
  /** From now until the service gives up. Default: four hours. Whole seconds on the wire. */
  readonly timeoutMs?: number;
  /** Guest cycles. Default: no limit. */
  readonly cycleLimit?: bigint;
  /** Prover gas. Default: no limit. */
  readonly gasLimit?: bigint;
}

/**
 * Resolves once the request is durable on the service. However often an answer is lost, there is one request.
 * @internal
 */
export async function requestProof(context: Context, parameters: RequestProofParameters): Promise<RequestId> {
  const { mode, inputs, timeoutMs = defaultTimeoutMs, signal } = parameters;
  const vkHash = givenVkHash(parameters.vkHash);
  const options = signal === undefined ? {} : { signal };
  const body = await encodeStdin(inputs);
  const stdinUri = await upload(context, { ...options, type: ArtifactType.PRIVATE_STDIN, body });
  // Fixed before the first attempt: a retry differs in nonce and signature only, and is the same request by its stdin_uri.
  const deadline = BigInt(Math.ceil((context.clock.now() + timeoutMs) / 1000));
  const answer = await context.attempt('RequestProof', options, async (call) => {
    const body = create(RequestProofRequestBodySchema, {
      nonce: await freshNonce(context, call),
      vkHash: bytesOf(vkHash),
      version: circuitVersion,
      // The SDK's schema has no name for tee.
      mode: requestModeNumber[mode] as ProofMode,
      strategy: FulfillmentStrategy.HOSTED,
      stdinUri,
      deadline,
      cycleLimit: parameters.cycleLimit ?? unlimited,
      gasLimit: parameters.gasLimit ?? unlimited,
      stdinPrivate: true,
    });
    const signature = context.signerFor('RequestProof').sign(toBinary(RequestProofRequestBodySchema, body));
    return await call(ProverNetwork.method.requestProof, { format: MessageFormat.BINARY, signature, body });
  });
  const requestId = parseRequestId(answer.body?.requestId ?? new Uint8Array());
  if (requestId === undefined) {
    throw clientError('ANSWER_MALFORMED', { call: 'RequestProof', problem: 'the request id is not 32 bytes' });
  }
  return requestId;
}
