// What the prover's key signs: FulfillProof, FailFulfillment and FailExecution. One try each; what the answer says of the nonce is for the one
// owner of its numbers.
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { create, toBinary } from '@bufbuild/protobuf';
import type { Signer } from '../client/signer.js';
import {
  type ExecuteFailureCause,
  FailExecutionRequestBodySchema,
  FailExecutionRequestSchema,
  FailFulfillmentRequestBodySchema,
  FailFulfillmentRequestSchema,
  FulfillProofRequestBodySchema,
  FulfillProofRequestSchema,
  MessageFormat,
  ProverNetwork,
} from '../gen/network/network_pb.js';
import { bytesOf, type RequestId } from '../ids.js';
import { type LargeReports, largestHeldBytes } from './largeReports.js';
import { isNonceRefusal, type NonceNews, wantedNonce } from './nonceOwner.js';
import type { Upstream, UpstreamAnswer } from './upstream.js';

/** Under which number, and whose. */
export interface Numbered {
  readonly networkId: RequestId;
  readonly signer: Signer;
  readonly nonce: bigint;
}

interface SignedCallParameters {
  readonly upstream: Pick<Upstream, 'forward'>;
  /** Without it every proof is held while it is sent. */
  readonly largeReports?: LargeReports | undefined;
}

const format = MessageFormat.BINARY;

/** Rejects when nothing was sent whole: the proof cannot be read. */
export async function fulfilProof(
  { upstream, largeReports }: SignedCallParameters,
  call: Numbered & { readonly sizeBytes: number; readonly open: () => Promise<Readable> },
): Promise<UpstreamAnswer> {
  const { networkId, signer, nonce, sizeBytes, open } = call;
  if (largeReports !== undefined && sizeBytes > largestHeldBytes) return largeReports.fulfil(call);
  const proof = await buffer(await open());
  const body = create(FulfillProofRequestBodySchema, { nonce, requestId: bytesOf(networkId), proof });
  const signature = signer.sign(toBinary(FulfillProofRequestBodySchema, body));
  const message = create(FulfillProofRequestSchema, { format, signature, body });
  return upstream.forward(pathOf('fulfillProof'), toBinary(FulfillProofRequestSchema, message));
}

/** `error`: ProofRequestError; null of a request that was given up. */
export function failFulfillment(
  { upstream }: SignedCallParameters,
  { networkId, signer, nonce, error }: Numbered & { readonly error: number | null },
): Promise<UpstreamAnswer> {
  const requestId = bytesOf(networkId);
  const body = create(FailFulfillmentRequestBodySchema, { nonce, requestId, ...(error !== null && { error }) });
  const signature = signer.sign(toBinary(FailFulfillmentRequestBodySchema, body));
  const message = create(FailFulfillmentRequestSchema, { format, signature, body });
  return upstream.forward(pathOf('failFulfillment'), toBinary(FailFulfillmentRequestSchema, message));
}

export function failExecution(
  { upstream }: SignedCallParameters,
  { networkId, signer, nonce, cause }: Numbered & { readonly cause: ExecuteFailureCause },
): Promise<UpstreamAnswer> {
  const requestId = bytesOf(networkId);
  const body = create(FailExecutionRequestBodySchema, { nonce, requestId, executeFailCause: cause });
  const signature = signer.sign(toBinary(FailExecutionRequestBodySchema, body));
  const message = create(FailExecutionRequestSchema, { format, signature, body });
  return upstream.forward(pathOf('failExecution'), toBinary(FailExecutionRequestSchema, message));
}

export function nonceNewsOf(answer: UpstreamAnswer): NonceNews {
  if (answer.ok) return { kind: 'accepted' };
  if (isNonceRefusal(answer.text)) return { kind: 'wanted', expected: wantedNonce(answer.text) };
  return { kind: 'unknown' };
}

function pathOf(name: 'fulfillProof' | 'failFulfillment' | 'failExecution'): string {
  const method = ProverNetwork.method[name];
  return `/${method.parent.typeName}/${method.name}`;
}
