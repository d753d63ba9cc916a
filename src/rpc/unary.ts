// The edge between grpc-js and our handlers: parses, calls, serialises, and turns anything thrown into a status without leaking it.
import { randomUUID } from 'node:crypto';
import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { handleUnaryCall, MethodDefinition, ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { FailureError, fail, failureFrom } from '../errors.js';
import type { Log } from '../log.js';
import { grpcStatusOf } from './status.js';

export interface CallContext {
  /** The request exactly as received: signatures cover slices of it. */
  readonly raw: Uint8Array;
  /** Host and port by which the client reached us. */
  readonly authority: string;
  /** Tells old SDKs from new ones (`tonic/0.12` up to 6.9.0, `tonic/0.14` from 6.10.0); empty when absent. */
  readonly userAgent: string;
  /** The `authorization` header as sent. Never logged. */
  readonly authorization: string | undefined;
  readonly peer: Peer;
  /** Aborted when the client goes away before it is answered. */
  readonly signal: AbortSignal;
}

/** The other end of the connection that a call came by. */
export interface Peer {
  /** IP address as the system writes it. Behind a proxy it is the proxy's. */
  readonly address: string;
  /** With the address it names the connection: older SDKs open a new one for each call, newer ones share one. */
  readonly port: number;
  /** SHA-256 fingerprint of the client certificate (hex, lower case), when one was shown and its chain was verified. */
  readonly certificate: string | undefined;
}

export interface Method {
  readonly definition: MethodDefinition<Uint8Array, Uint8Array>;
  readonly handle: handleUnaryCall<Uint8Array, Uint8Array>;
}

const untouched = (bytes: Buffer): Uint8Array => bytes;
const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Binds one handler to its method of the wire. The answer may be given at once or as a promise. */
export function unary<I extends DescMessage, O extends DescMessage>(
  log: Log,
  method: DescMethodUnary<I, O>,
  handler: (request: MessageShape<I>, call: CallContext) => MessageInitShape<O> | Promise<MessageInitShape<O>>,
): Method {
  return unaryBytes(log, method, async (call) => {
    const response = await handler(parseMessage(method.input, call.raw), call);
    return toBinary(method.output, create(method.output, response));
  });
}

/** For the methods whose one path serves two schemas: the handler parses `call.raw` and answers bytes. */
export function unaryBytes(
  log: Log,
  method: DescMethodUnary,
  handler: (call: CallContext) => Promise<Uint8Array>,
): Method {
  const path = `/${method.parent.typeName}/${method.name}`;

  async function handle(
    call: ServerUnaryCall<Uint8Array, Uint8Array>,
    answer: sendUnaryData<Uint8Array>,
  ): Promise<void> {
    try {
      answer(null, await handler(contextOf(call)));
    } catch (error) {
      const reference = randomUUID();
      const failure = failureFrom(error, reference);
      if (failure.retry === 'bug')
        log.error({ event: 'rpc.failed', path, reference, err: error }, 'unexpected error in a call');
      else log.debug({ event: 'rpc.refused', path, code: failure.code }, 'call refused');
      answer({ ...grpcStatusOf(failure), name: failure.code, message: failure.code });
    }
  }

  return {
    definition: {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: asBuffer,
      requestDeserialize: untouched,
      responseSerialize: asBuffer,
      responseDeserialize: untouched,
    },
    handle: (call, answer) => void handle(call, answer),
  };
}

function contextOf(call: ServerUnaryCall<Uint8Array, Uint8Array>): CallContext {
  const header = (name: string) => {
    const value = call.metadata.get(name)[0];
    return typeof value === 'string' ? value : undefined;
  };
  const gone = new AbortController();
  call.once('cancelled', () => gone.abort());
  const [, address = '', port = '0'] = /^\[?(.*?)\]?:(\d+)$/.exec(call.getPeer()) ?? [];
  return {
    raw: call.request,
    authority: call.getHost(),
    userAgent: header('user-agent') ?? '',
    authorization: header('authorization'),
    peer: { address, port: Number(port), certificate: undefined },
    signal: gone.signal,
  };
}

/** Fails with MALFORMED_REQUEST. */
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
