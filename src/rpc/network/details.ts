// GetProofRequestDetails: everything about one request, from its durable view, in the flavour in which it was asked for.
import { GetProofRequestDetailsRequestSchema, ProverNetwork } from '../../gen/network/network_pb.js';
import { parseMessage, unaryBytes } from '../unary.js';
import type { NetworkDependencies } from './dependencies.js';
import { findRequest } from './findRequest.js';
import { answerWith, encodeProofRequest } from './proofRequest.js';
import { isNewSdk, isOurClient, schemaFor } from './reader.js';

export const getProofRequestDetails = (dependencies: NetworkDependencies) =>
  unaryBytes(ProverNetwork.method.getProofRequestDetails, ({ raw, userAgent }) => {
    const { requestId } = parseMessage(GetProofRequestDetailsRequestSchema, raw);
    const view = findRequest(dependencies, requestId);
    const schema = schemaFor(userAgent, view.request.flavour);
    const disputed = schema === 'auction' || readsBaseWhole(userAgent, view.request.version);
    return answerWith([encodeProofRequest(dependencies.store, view, { schema, disputed })]);
  });

/**
 * SDKs 6.0.0 to 6.3.1 read details of base requests with the auction schema, where fields 34 and 35 are strings: a value there breaks
 * the call for good. `version` cannot tell them from newer ones, the user agent can.
 */
const readsBaseWhole = (userAgent: string, version: string) =>
  !version.startsWith('sp1-v6') || isNewSdk(userAgent) || isOurClient(userAgent);
