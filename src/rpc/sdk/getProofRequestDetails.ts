// GetProofRequestDetails: everything about one request, from its durable view, in the flavour in which it was asked for.
import { GetProofRequestDetailsRequestSchema, ProverNetwork } from '../../gen/network/network_pb.js';
import { parseMessage, unaryBytes } from '../../transport/grpc/unary.js';
import type { SdkDependencies } from './dependencies.js';
import { answerWith, encodeProofRequest } from './encodeProofRequest.js';
import { findRequest } from './fields.js';
import { isNewSdk, isOurClient, schemaFor } from './flavour.js';

export const getProofRequestDetails = (dependencies: SdkDependencies) =>
  unaryBytes(ProverNetwork.method.getProofRequestDetails, ({ raw, userAgent }) => {
    const { requestId } = parseMessage(GetProofRequestDetailsRequestSchema, raw);
    const view = findRequest(dependencies, requestId);
    const schema = schemaFor(userAgent, view.request.flavour);
    const disputed = schema === 'auction' || readsBaseWhole(userAgent, view.request.version);
    return answerWith([encodeProofRequest(dependencies.store, view, { schema, disputed })]);
  });

/**
 * SDKs 6.0.0 to 6.3.1 read details of base requests with the auction schema, where fields 34 and 35 are strings: a value there breaks
 * the call for good. The user agent distinguishes them from newer ones, `version` does not.
 */
const readsBaseWhole = (userAgent: string, version: string) =>
  !version.startsWith('sp1-v6') || isNewSdk(userAgent) || isOurClient(userAgent);
