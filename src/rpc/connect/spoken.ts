// A method of the wire with its handler, before it is known by which transport it is called, and by whom.
import type { DescMessage, DescMethod, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { UnaryMethod } from '../../transport/grpc/call.js';
import { unary } from '../../transport/grpc/unary.js';
import type { Route } from '../../transport/http/routes.js';
import type { Admit, Caller } from './caller.js';
import { type JsonParameters, jsonRoute } from './jsonRoute.js';

/** The same handler, by gRPC and as JSON over POST, for those who are let in. */
export interface Spoken {
  readonly method: DescMethod;
  readonly path: string;
  asGrpc(admit: Admit): UnaryMethod;
  asJson(parameters: JsonParameters): Route;
}

export function spoken<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  answer: (request: MessageShape<I>, caller: Caller) => MessageInitShape<O> | Promise<MessageInitShape<O>>,
): Spoken {
  const path = `/${method.parent.typeName}/${method.name}`;
  return {
    method,
    path,
    asGrpc: (admit) => ({
      path,
      answer(call) {
        const caller = admit(call);
        return unary(method, (request) => answer(request, caller)).answer(call);
      },
    }),
    asJson: (parameters) => jsonRoute(method, answer, parameters),
  };
}
