// FulfillProof and FailFulfillment of the fake network: of the prover to whom the request is assigned, or of who signs for it.
import { create, toBinary } from '@bufbuild/protobuf';
import { outlineProofFile, parseProofFile } from '../../../client/proofFile.js';
import { proofModeNumber } from '../../../engines/jobs.js';
import { ArtifactType } from '../../../gen/artifact/artifact_pb.js';
import {
  FailFulfillmentRequestBodySchema,
  FailFulfillmentResponseSchema,
  FulfillmentStatus,
  FulfillProofRequestBodySchema,
  FulfillProofResponseSchema,
  ProverNetwork,
} from '../../../gen/network/network_pb.js';
import { type Address, parseRequestId } from '../../../ids.js';
import { unaryBytes } from '../../../transport/grpc/unary.js';
import { type FakeRequest, secondsNow } from '../ledger.js';
import { malformedField, refused } from '../refused.js';
import { signedCall } from '../signedCall.js';
import type { FakeWorld } from '../world.js';

const highestError = 6;

export const fulfillProof = (world: FakeWorld) =>
  unaryBytes(ProverNetwork.method.fulfillProof, ({ raw }) => {
    const { ledger, clock } = world;
    const { txHash } = signedCall(world, { raw, schema: FulfillProofRequestBodySchema }, ({ body, signer, txHash }) => {
      const request = requestOf(world, body.requestId);
      assertProver(world, request, signer);
      const isRepeated = request.fulfillment === FulfillmentStatus.FULFILLED;
      if (isRepeated && world.switches().repeatFulfil === 'accept') return () => request.requestId;
      if (request.fulfillment !== FulfillmentStatus.ASSIGNED)
        throw refused('failedPrecondition', 'proof request is not in the assigned state');
      if (request.deadline < BigInt(secondsNow(clock)) && world.switches().lateFulfil === 'refuse')
        throw refused('failedPrecondition', 'proof request deadline has passed');
      const publicValuesHash = assertProof(request, body.proof);
      return () => {
        const artifact = ledger.newArtifact(ArtifactType.PROOF);
        artifact.bytes = Buffer.from(body.proof);
        Object.assign(request, {
          proofArtifact: artifact,
          publicValuesHash,
          fulfilledAt: secondsNow(clock),
          fulfillTxHash: txHash,
          accepted: request.accepted + 1,
        });
        ledger.become(request, FulfillmentStatus.FULFILLED);
        return request.requestId;
      };
    });
    const answer = { txHash: Buffer.from(txHash, 'hex'), body: {} };
    return toBinary(FulfillProofResponseSchema, create(FulfillProofResponseSchema, answer));
  });

export const failFulfillment = (world: FakeWorld) =>
  unaryBytes(ProverNetwork.method.failFulfillment, ({ raw }) => {
    const { ledger } = world;
    const { txHash } = signedCall(world, { raw, schema: FailFulfillmentRequestBodySchema }, ({ body, signer }) => {
      const request = requestOf(world, body.requestId);
      if (body.error !== undefined && (body.error < 0 || body.error > highestError)) throw malformedField('error');
      assertProver(world, request, signer);
      // Seen of the real one: accepted, without an effect, and the nonce is used up.
      if (request.fulfillment === FulfillmentStatus.UNFULFILLABLE) return () => request.requestId;
      if (request.fulfillment !== FulfillmentStatus.ASSIGNED)
        throw refused('failedPrecondition', 'proof request is not in the assigned state');
      return () => {
        request.error = body.error ?? 0;
        ledger.become(request, FulfillmentStatus.UNFULFILLABLE);
        return request.requestId;
      };
    });
    const answer = { txHash: Buffer.from(txHash, 'hex'), body: {} };
    return toBinary(FailFulfillmentResponseSchema, create(FailFulfillmentResponseSchema, answer));
  });

export function requestOf({ ledger }: FakeWorld, bytes: Uint8Array): FakeRequest {
  const requestId = parseRequestId(bytes);
  if (requestId === undefined) throw malformedField('request_id');
  const request = ledger.requests.get(requestId);
  if (request === undefined) throw refused('notFound', 'proof request not found');
  return request;
}

export function assertProver({ ledger, switches }: FakeWorld, request: FakeRequest, signer: Address): void {
  if (ledger.ownerOf(signer) !== request.fulfiller)
    throw refused(switches().foreignFulfil, 'signer is not the fulfiller of the proof request');
}

/** It is a proof file of the mode and the circuits that were asked for. Answers the digest of its public values, where it tells them. */
function assertProof({ body }: FakeRequest, proof: Uint8Array): string | undefined {
  let outline: ReturnType<typeof outlineProofFile>;
  try {
    outline = outlineProofFile(proof);
  } catch {
    throw malformedField('proof');
  }
  const isAskedFor = proofModeNumber[outline.mode] === body.mode && `sp1-${outline.version}` === body.version;
  if (!isAskedFor) throw malformedField('proof');
  try {
    return parseProofFile(proof).publicValuesHash;
  } catch {
    // A proof that hides what it commits to: the fake engine's.
    return undefined;
  }
}
