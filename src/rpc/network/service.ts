// The SDK's two gRPC services. Methods that are not listed answer UNIMPLEMENTED, as the SDK expects of what it never calls.
import type { Server } from '@grpc/grpc-js';
import type { Method } from '../unary.js';
import { getBalance, getNonce } from './account.js';
import { createArtifact } from './createArtifact.js';
import type { NetworkDependencies } from './dependencies.js';
import { createProgram, getProgram } from './programs.js';
import { getFilteredProofRequests, getProofRequestDetails } from './queries.js';
import { requestProof } from './requestProof.js';
import { getProofRequestStatus } from './status.js';

export function networkMethods(dependencies: NetworkDependencies): readonly Method[] {
  return [
    createArtifact(dependencies),
    getProgram(dependencies),
    createProgram(dependencies),
    getNonce(dependencies),
    getBalance(dependencies),
    requestProof(dependencies),
    getProofRequestStatus(dependencies),
    getProofRequestDetails(dependencies),
    getFilteredProofRequests(dependencies),
  ];
}

/** Registers methods with a grpc-js server. */
export function addMethods(server: Server, methods: readonly Method[]): void {
  for (const { definition, handle } of methods) {
    server.register(definition.path, handle, definition.responseSerialize, definition.requestDeserialize, 'unary');
  }
}
