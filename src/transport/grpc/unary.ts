// The edge between the wire and our handlers: parses what arrives, serialises what they answer. What they throw becomes a status in
// `grpc/server.ts`.
import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { fail } from '../../failures/fail.js';
import { FailureError } from '../../failures/failureError.js';
import type { CallContext, UnaryMethod } from './call.js';

/** Binds one handler to its method of the wire. The answer may be given at once or as a promise. */
export function unary<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  handler: (request: MessageShape<I>, call: CallContext) => MessageInitShape<O> | Promise<MessageInitShape<O>>,
): UnaryMethod {
  const serialise = (answer: MessageInitShape<O>) => toBinary(method.output, create(method.output, answer));
  return unaryBytes(method, (call) => {
    const answer = handler(parseMessage(method.input, call.raw), call);
    // An answer from memory costs no turn of the loop: polls are most of all calls.
    return answer instanceof Promise ? answer.then(serialise) : serialise(answer);
  });
}

/** For the methods whose one path serves two schemas: the handler parses `call.raw` and answers bytes. */
export const unaryBytes = (method: DescMethodUnary, handler: UnaryMethod['answer']): UnaryMethod => ({
  path: `/${method.parent.typeName}/${method.name}`,
  answer: handler,
});

/** Throws MALFORMED_REQUEST. */
export function parseMessage<I extends DescMessage>(schema: I, bytes: Uint8Array): MessageShape<I> {
  try {
    return fromBinary(schema, bytes);
  } catch (error) {
    throw new FailureError(
      fail('MALFORMED_REQUEST', { field: schema.typeName, problem: 'these bytes are not such a message' }),
      { cause: error },
    );
  }
}
