// The SDK's two gRPC services. Methods that are not listed answer UNIMPLEMENTED, as the SDK expects of what it never calls.
import { behind } from '../access/access.js';
import type { UnaryMethod } from '../grpc/call.js';
import { getBalance, getNonce } from './account.js';
import { getMarketPricePerPgu, getProofRequestParams, getProversByUptime } from './auction.js';
import { cancelRequest } from './cancelRequest.js';
import { createArtifact } from './createArtifact.js';
import type { NetworkDependencies } from './dependencies.js';
import { getProofRequestDetails } from './details.js';
import { getFilteredProofRequests } from './list.js';
import { createProgram, getProgram } from './programs.js';
import { requestProof } from './requestProof.js';
import { getProofRequestStatus } from './status.js';

export function networkMethods(dependencies: NetworkDependencies): readonly UnaryMethod[] {
  const others = [
    createArtifact(dependencies),
    getProgram(dependencies),
    createProgram(dependencies),
    getNonce(dependencies),
    getBalance(),
    requestProof(dependencies),
    cancelRequest(dependencies),
    getProofRequestDetails(dependencies),
    getFilteredProofRequests(dependencies),
    getProofRequestParams(dependencies),
    getProversByUptime,
    getMarketPricePerPgu(dependencies),
  ];
  const all = [getProofRequestStatus(dependencies), ...others.map((method) => heard(method, dependencies))];
  return all.map((method) => behind(dependencies.admit, method));
}

/** Who calls anything but a status does more than to wait for one proof. */
const heard = ({ path, answer }: UnaryMethod, { waitLoops }: NetworkDependencies): UnaryMethod => ({
  path,
  answer(call) {
    waitLoops.heard(call, undefined);
    return answer(call);
  },
});
