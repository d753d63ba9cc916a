// The edge between the wire and a handler that answers many messages: parses what arrives, serialises each when it is asked for.
import type { DescMessage, DescMethodServerStreaming, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { create, toBinary } from '@bufbuild/protobuf';
import type { CallContext, StreamMethod } from './call.js';
import { parseMessage } from './unary.js';

/** Binds one handler to its method of the wire. What it waits for must end by `call.signal`. A message that many callers get is serialised once. */
export function serverStream<I extends DescMessage, O extends DescMessage>(
  method: DescMethodServerStreaming<I, O>,
  handler: (request: MessageShape<I>, call: CallContext) => AsyncIterable<MessageInitShape<O>>,
): StreamMethod {
  const encoded = new WeakMap<MessageInitShape<O>, Uint8Array>();
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    async *stream(call) {
      for await (const message of handler(parseMessage(method.input, call.raw), call)) {
        const bytes = encoded.get(message) ?? toBinary(method.output, create(method.output, message));
        encoded.set(message, bytes);
        yield bytes;
      }
    },
  };
}
