// ExecuteProof and FailExecution of the fake network: what an oracle says of a guest. Whether a prover may say it too is not known.
import { create, toBinary } from '@bufbuild/protobuf';
import {
  ExecuteProofRequestBodySchema,
  ExecuteProofResponseSchema,
  ExecutionStatus,
  FailExecutionRequestBodySchema,
  FailExecutionResponseSchema,
  ProverNetwork,
} from '../../../gen/network/network_pb.js';
import type { Address } from '../../../ids.js';
import { unaryBytes } from '../../../transport/grpc/unary.js';
import type { FakeRequest } from '../ledger.js';
import { malformedField, refused } from '../refused.js';
import { signedCall } from '../signedCall.js';
import type { FakeWorld } from '../world.js';
import { assertProver, requestOf } from './fulfill.js';

const said = new Set([ExecutionStatus.EXECUTED, ExecutionStatus.UNEXECUTABLE]);

export const executeProof = (world: FakeWorld) =>
  unaryBytes(ProverNetwork.method.executeProof, ({ raw }) => {
    const { txHash } = signedCall(world, { raw, schema: ExecuteProofRequestBodySchema }, ({ body, signer }) => {
      if (!said.has(body.executionStatus)) throw malformedField('execution_status');
      const request = judged(world, body.requestId, signer);
      return () => {
        request.execution = body.executionStatus;
        return request.requestId;
      };
    });
    const answer = { txHash: Buffer.from(txHash, 'hex'), body: {} };
    return toBinary(ExecuteProofResponseSchema, create(ExecuteProofResponseSchema, answer));
  });

export const failExecution = (world: FakeWorld) =>
  unaryBytes(ProverNetwork.method.failExecution, ({ raw }) => {
    const { txHash } = signedCall(world, { raw, schema: FailExecutionRequestBodySchema }, ({ body, signer }) => {
      const request = judged(world, body.requestId, signer);
      return () => {
        request.execution = ExecutionStatus.UNEXECUTABLE;
        request.executeFailCause = body.executeFailCause;
        return request.requestId;
      };
    });
    const answer = { txHash: Buffer.from(txHash, 'hex'), body: {} };
    return toBinary(FailExecutionResponseSchema, create(FailExecutionResponseSchema, answer));
  });

/** By its prover, where the switch lets provers say it, and once. */
function judged(world: FakeWorld, requestId: Uint8Array, signer: Address): FakeRequest {
  const request = requestOf(world, requestId);
  if (world.switches().proverMayFailExecution === 'refuse')
    throw refused('permissionDenied', 'signer is not the execution oracle');
  assertProver(world, request, signer);
  if (request.execution !== ExecutionStatus.UNEXECUTED)
    throw refused('failedPrecondition', 'proof request is executed already');
  return request;
}
