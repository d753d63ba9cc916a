// A method of the wire with its handler, before it is known by which transport it is called.
import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { UnaryMethod } from '../../transport/grpc/call.js';
import { unary } from '../../transport/grpc/unary.js';
import type { Route } from '../../transport/http/routes.js';
import { type Caller, claimedBy } from './caller.js';
import { type JsonParameters, jsonRoute } from './jsonRoute.js';

/** The same handler, by gRPC and as JSON over POST. */
export interface Spoken {
  readonly method: UnaryMethod;
  route(parameters: JsonParameters): Route;
}

export const spoken = <I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  answer: (request: MessageShape<I>, caller: Caller) => MessageInitShape<O> | Promise<MessageInitShape<O>>,
): Spoken => ({
  method: unary(method, (request, { operator }) => answer(request, claimedBy(operator))),
  route: (parameters) => jsonRoute(method, answer, parameters),
});
