// GetProofRequestStatus: what every client polls. Answered from the registry's durable view: what a client has seen is on disk. The
// SDK's poll is held for a moment when its proof is about to be there (docs/decisions/held-polls.md).
import type { MessageInitShape } from '@bufbuild/protobuf';
import { type GetProofRequestStatusResponseSchema, ProverNetwork } from '../../gen/network/network_pb.js';
import { bytesOf } from '../../ids.js';
import type { RequestView } from '../../machines/request/view.js';
import type { CallContext } from '../../transport/grpc/call.js';
import { unary } from '../../transport/grpc/unary.js';
import type { SdkDependencies } from './dependencies.js';
import { findRequest } from './fields.js';
import { viaBucket } from './viaBucket.js';
import { executionOf, executionStatusOf, fulfillmentStatusOf, secondsOf } from './wireStatus.js';

export const getProofRequestStatus = (dependencies: SdkDependencies) =>
  unary(ProverNetwork.method.getProofRequestStatus, ({ requestId }, call) => {
    const view = findRequest(dependencies, requestId);
    const held = dependencies.heldPolls.hold(view, call);
    if (held === undefined) return answerOf(dependencies, view, call);
    return held.then(() => answerOf(dependencies, findRequest(dependencies, requestId), call));
  });

type Answer = MessageInitShape<typeof GetProofRequestStatusResponseSchema>;

function answerOf(dependencies: SdkDependencies, view: RequestView, call: CallContext): Answer | Promise<Answer> {
  const answer = ownAnswerOf(dependencies, view, call);
  const { direct } = dependencies;
  // What comes through `attest proxy` goes through it: a bucket is nothing that it has attested.
  if (direct === undefined || call.reached.ownProxy !== undefined) return answer;
  return viaBucket(direct, dependencies, view, answer);
}

function ownAnswerOf({ artifactOrigin }: SdkDependencies, view: RequestView, call: CallContext): Answer {
  const execution = executionOf(view);
  return {
    fulfillmentStatus: fulfillmentStatusOf(view),
    executionStatus: executionStatusOf(view),
    requestTxHash: bytesOf(view.request.requestId),
    deadline: secondsOf(view.deadlineAt),
    ...(execution && { publicValuesHash: bytesOf(execution.publicValuesHash) }),
    ...(view.state === 'fulfilled' && {
      fulfillTxHash: bytesOf(view.proof.sha256),
      proofUri: `${artifactOrigin(call.reached)}/artifacts/${view.proof.id}`,
    }),
  };
}
