// GetProofRequestStatus: what every client polls. Answered from the registry's durable view: what a client has seen is on disk. A poll
// of the SDK's wait for a proof is answered when there is something new (docs/decisions/held-polls.md).
import type { MessageInitShape } from '@bufbuild/protobuf';
import { type GetProofRequestStatusResponseSchema, ProverNetwork } from '../../gen/network/network_pb.js';
import { bytesOf, parseRequestId } from '../../ids.js';
import type { RequestView } from '../../machines/requestView.js';
import type { CallContext } from '../grpc/call.js';
import { unary } from '../unary.js';
import type { NetworkDependencies } from './dependencies.js';
import { originOf } from './fields.js';
import { findRequest } from './findRequest.js';
import { viaBucket } from './viaBucket.js';
import { executionOf, executionStatusOf, fulfillmentStatusOf, secondsOf } from './wireStatus.js';

export const getProofRequestStatus = (dependencies: NetworkDependencies) =>
  unary(ProverNetwork.method.getProofRequestStatus, ({ requestId }, call) => {
    const poll = dependencies.waitLoops.heard(call, parseRequestId(requestId));
    const view = findRequest(dependencies, requestId);
    const held = poll.continuesLoop ? dependencies.heldPolls.hold(view, call) : undefined;
    if (held !== undefined) {
      return held.then(() => {
        // A client that has gone meanwhile has heard nothing.
        if (!call.signal.aborted) poll.answered();
        return answerOf(dependencies, findRequest(dependencies, requestId), call);
      });
    }
    const answer = answerOf(dependencies, view, call);
    poll.answered();
    return answer;
  });

type Answer = MessageInitShape<typeof GetProofRequestStatusResponseSchema>;

function answerOf(dependencies: NetworkDependencies, view: RequestView, call: CallContext): Answer | Promise<Answer> {
  const answer = ownAnswerOf(dependencies, view, call);
  return dependencies.direct === undefined ? answer : viaBucket(dependencies.direct, dependencies, view, answer);
}

function ownAnswerOf({ publicUrl }: NetworkDependencies, view: RequestView, { origin }: CallContext): Answer {
  const execution = executionOf(view);
  return {
    fulfillmentStatus: fulfillmentStatusOf(view),
    executionStatus: executionStatusOf(view),
    requestTxHash: bytesOf(view.request.requestId),
    deadline: secondsOf(view.request.deadlineAt),
    ...(execution && { publicValuesHash: bytesOf(execution.publicValuesHash) }),
    ...(view.state === 'fulfilled' && {
      fulfillTxHash: bytesOf(view.proof.sha256),
      proofUri: `${originOf(publicUrl, origin)}/artifacts/${view.proof.id}`,
    }),
  };
}
