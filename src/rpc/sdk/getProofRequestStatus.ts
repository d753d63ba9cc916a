// GetProofRequestStatus: what every client polls. Answered from the registry's durable view: what a client has seen is on disk. The
// SDK's poll is held for a moment when its proof is about to be there (docs/decisions/held-polls.md).
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { GetProofRequestStatusResponseSchema, ProverNetwork } from '../../gen/network/network_pb.js';
import { bytesOf } from '../../ids.js';
import type { RequestView } from '../../machines/request/view.js';
import type { CallContext } from '../../transport/grpc/call.js';
import { parseMessage, unaryBytes } from '../../transport/grpc/unary.js';
import type { SdkDependencies } from './dependencies.js';
import { findRequest } from './fields.js';
import { viaBucket } from './viaBucket.js';
import { executionOf, executionStatusOf, fulfillmentStatusOf, secondsOf } from './wireStatus.js';

export const getProofRequestStatus = (dependencies: SdkDependencies) => {
  const method = ProverNetwork.method.getProofRequestStatus;
  /** Of requests that are live: until its next transition the answer is the same to everybody, and asked for again and again. */
  const known = new WeakMap<RequestView, Uint8Array>();

  function answerTo(call: CallContext, view: RequestView): Uint8Array | Promise<Uint8Array> {
    if (view.state === 'fulfilled') return fulfilledAnswer(dependencies, view, call);
    const bytes = known.get(view) ?? serialised(ownAnswerOf(dependencies, view, call));
    known.set(view, bytes);
    return bytes;
  }

  return unaryBytes(method, (call) => {
    const { requestId } = parseMessage(method.input, call.raw);
    const view = findRequest(dependencies, requestId);
    const held = dependencies.heldPolls.hold(view, call);
    if (held === undefined) return answerTo(call, view);
    return held.then(() => answerTo(call, findRequest(dependencies, requestId)));
  });
};

type Answer = MessageInitShape<typeof GetProofRequestStatusResponseSchema>;

const serialised = (answer: Answer): Uint8Array =>
  toBinary(GetProofRequestStatusResponseSchema, create(GetProofRequestStatusResponseSchema, answer));

/** Its URL is as the client has reached us. */
function fulfilledAnswer(
  dependencies: SdkDependencies,
  view: RequestView,
  call: CallContext,
): Uint8Array | Promise<Uint8Array> {
  const answer = ownAnswerOf(dependencies, view, call);
  const { direct } = dependencies;
  // What comes through `attest proxy` goes through it: a bucket is nothing that it has attested.
  if (direct === undefined || call.reached.ownProxy !== undefined) return serialised(answer);
  return viaBucket(direct, dependencies, view, answer).then(serialised);
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
