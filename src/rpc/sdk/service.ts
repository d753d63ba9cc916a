// The SDK's two gRPC services. Methods that are not listed answer UNIMPLEMENTED, as the SDK expects of what it never calls.

import type { UnaryMethod } from '../../transport/grpc/call.js';
import { behind } from '../access/access.js';
import { getBalance, getNonce } from './account.js';
import { getMarketPricePerPgu, getProofRequestParams, getProversByUptime } from './auction.js';
import { cancelRequest } from './cancelRequest.js';
import { createArtifact } from './createArtifact.js';
import type { SdkDependencies } from './dependencies.js';
import { getFilteredProofRequests } from './getFilteredProofRequests.js';
import { getProofRequestDetails } from './getProofRequestDetails.js';
import { getProofRequestStatus } from './getProofRequestStatus.js';
import { createProgram, getProgram } from './programs.js';
import { requestProof } from './requestProof.js';

export function sdkMethods(dependencies: SdkDependencies): readonly UnaryMethod[] {
  const methods = [
    createArtifact(dependencies),
    getProgram(dependencies),
    createProgram(dependencies),
    getNonce(dependencies),
    getBalance(),
    requestProof(dependencies),
    cancelRequest(dependencies),
    getProofRequestStatus(dependencies),
    getProofRequestDetails(dependencies),
    getFilteredProofRequests(dependencies),
    getProofRequestParams(dependencies),
    getProversByUptime,
    getMarketPricePerPgu(dependencies),
  ];
  return methods.map((method) => behind(dependencies.admit, method));
}
