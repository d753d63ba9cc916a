// GetProofRequestDetails and GetFilteredProofRequests of the front: what is of here, with the words of the network beside ours.
import { toBinary } from '@bufbuild/protobuf';
import {
  GetFilteredProofRequestsResponseSchema,
  GetProofRequestDetailsRequestSchema,
  GetProofRequestDetailsResponseSchema,
} from '../../gen/network/network_pb.js';
import type { UnaryMethod } from '../../transport/grpc/call.js';
import { parseMessage } from '../../transport/grpc/unary.js';
import { requestIdField } from '../sdk/fields.js';
import type { FrontDependencies } from './dependencies.js';
import { forwardRead } from './forward.js';
import { createNetworkFields } from './networkFields.js';

/** In place of the two that are answered from here alone. All requests of a front are of the base flavour. */
export function shownRequests(
  dependencies: FrontDependencies,
  { details, list }: { readonly details: UnaryMethod; readonly list: UnaryMethod },
): readonly UnaryMethod[] {
  const fields = createNetworkFields(dependencies);
  return [
    {
      path: details.path,
      async answer(call) {
        const id = requestIdField(parseMessage(GetProofRequestDetailsRequestSchema, call.raw).requestId);
        if (dependencies.registry.view(id) === undefined) return forwardRead(dependencies, details.path, call.raw);
        const local = parseMessage(GetProofRequestDetailsResponseSchema, await details.answer(call));
        if (local.request === undefined) throw new Error('details of a request without any');
        return toBinary(GetProofRequestDetailsResponseSchema, { ...local, request: await fields.under(local.request) });
      },
    },
    {
      path: list.path,
      async answer(call) {
        const local = parseMessage(GetFilteredProofRequestsResponseSchema, await list.answer(call));
        const requests = await fields.underAll(local.requests);
        return toBinary(GetFilteredProofRequestsResponseSchema, { ...local, requests });
      },
    },
  ];
}
