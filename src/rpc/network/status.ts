// GetProofRequestStatus: what every client polls. Answered from the registry's durable view: what a client has seen is on disk.
import { ProverNetwork } from '../../gen/network/network_pb.js';
import { bytesOf } from '../../ids.js';
import { unary } from '../unary.js';
import type { NetworkDependencies } from './dependencies.js';
import { originOf } from './fields.js';
import { findRequest } from './findRequest.js';
import { executionOf, executionStatusOf, fulfillmentStatusOf, secondsOf } from './wireStatus.js';

export const getProofRequestStatus = (dependencies: NetworkDependencies) =>
  unary(ProverNetwork.method.getProofRequestStatus, (request, { origin }) => {
    const view = findRequest(dependencies, request.requestId);
    const execution = executionOf(view);
    return {
      fulfillmentStatus: fulfillmentStatusOf(view),
      executionStatus: executionStatusOf(view),
      requestTxHash: bytesOf(view.request.requestId),
      deadline: secondsOf(view.request.deadlineAt),
      ...(execution && { publicValuesHash: bytesOf(execution.publicValuesHash) }),
      ...(view.state === 'fulfilled' && {
        fulfillTxHash: bytesOf(view.proof.sha256),
        proofUri: `${originOf(dependencies.publicUrl, origin)}/artifacts/${view.proof.id}`,
      }),
    };
  });
