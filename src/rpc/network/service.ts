// The SDK's two gRPC services. Methods that are not listed answer UNIMPLEMENTED, as the SDK expects of what it never calls.
import type { UnaryMethod } from '../grpc/call.js';
import { getBalance, getNonce } from './account.js';
import { createArtifact } from './createArtifact.js';
import type { NetworkDependencies } from './dependencies.js';
import { createProgram, getProgram } from './programs.js';
import { getFilteredProofRequests, getProofRequestDetails } from './queries.js';
import { requestProof } from './requestProof.js';
import { getProofRequestStatus } from './status.js';

export function networkMethods(dependencies: NetworkDependencies): readonly UnaryMethod[] {
  return [
    createArtifact(dependencies),
    getProgram(dependencies),
    createProgram(dependencies),
    getNonce(dependencies),
    getBalance(),
    requestProof(dependencies),
    getProofRequestStatus(dependencies),
    getProofRequestDetails(dependencies),
    getFilteredProofRequests(dependencies),
  ];
}
