// The calls of a worker to its front: gRPC over mutual TLS. What the worker shows is read from its files for each link, so that a renewed
// certificate is shown from the next one on.
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import {
  create,
  type DescMessage,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { Client, credentials, logVerbosity, type ServiceError, setLogVerbosity, status } from '@grpc/grpc-js';
import { tidy } from '../client/transport.js';
import { type Clock, systemClock } from '../clock.js';

export interface LinkFiles {
  /** The worker's certificate with its chain, and its key (PEM). */
  readonly cert: string;
  readonly key: string;
  /** Who vouches for the front's certificate (PEM). Undefined: whom this machine trusts. */
  readonly frontCa: string | undefined;
}

/** A call that did not succeed. */
export class LinkFailed extends Error {
  override readonly name = 'LinkFailed';
  constructor(
    readonly code: number,
    details: string,
  ) {
    super(details);
  }

  /** The same call cannot succeed later: an operator has to do something. */
  get isFinal(): boolean {
    return finalCodes.has(this.code);
  }
}

const finalCodes = new Set<number>([
  status.FAILED_PRECONDITION,
  status.UNAUTHENTICATED,
  status.PERMISSION_DENIED,
  status.INVALID_ARGUMENT,
  status.UNIMPLEMENTED,
]);

export interface FrontLink {
  /** Rejects with LinkFailed; its code is CANCELLED after the signal. */
  call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ): Promise<MessageShape<O>>;
  /** Throws LinkFailed. Nothing is asked for while the reader does not read. */
  stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    signal: AbortSignal,
  ): AsyncIterable<MessageShape<O>>;
  close(): void;
}

const options = {
  'grpc.primary_user_agent': 'sealed-prover-worker/1',
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.keepalive_permit_without_calls': 1,
  // Pieces of inputs have 47 KiB. Nothing else is as long.
  'grpc.max_receive_message_length': 256 * 1024,
  // Inputs may have a gigabyte, and the way to the front some milliseconds.
  'grpc-node.flow_control_window': 4 * 2 ** 20,
  'grpc.initial_reconnect_backoff_ms': 250,
  'grpc.max_reconnect_backoff_ms': 2_000,
  'grpc.enable_http_proxy': 0,
  'grpc.enable_retries': 0,
  // Each link has a connection of its own, with the certificate of its time.
  'grpc.use_local_subchannel_pool': 1,
};

/** Connects with the first call. Throws what the files say: they are missing, or no PEM. */
export function openFrontLink(front: URL, files: LinkFiles, clock: Pick<Clock, 'now'> = systemClock): FrontLink {
  setLogVerbosity(logVerbosity.NONE);
  const context = createSecureContext({
    cert: readFileSync(files.cert),
    key: readFileSync(files.key),
    ...(files.frontCa !== undefined && { ca: readFileSync(files.frontCa) }),
    minVersion: 'TLSv1.2',
  });
  const client = new Client(
    `${front.hostname}:${front.port || 443}`,
    credentials.createFromSecureContext(context),
    options,
  );
  const failedBy = ({ code, details }: ServiceError) => new LinkFailed(code, tidy(details));
  const pathOf = (method: { readonly parent: { readonly typeName: string }; readonly name: string }) =>
    `/${method.parent.typeName}/${method.name}`;

  return {
    call: (method, request, { signal, timeoutMs }) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(new LinkFailed(status.CANCELLED, 'given up'));
        const call = client.makeUnaryRequest(
          pathOf(method),
          (message: MessageShape<typeof method.input>) => Buffer.from(toBinary(method.input, message)),
          (bytes) => fromBinary(method.output, bytes),
          create(method.input, request),
          // grpc-js compares it with the system's own clock.
          { deadline: clock.now() + timeoutMs },
          (error: ServiceError | null, answer) => {
            signal.removeEventListener('abort', cancel);
            if (error !== null) reject(failedBy(error));
            else resolve(answer as MessageShape<typeof method.output>);
          },
        );
        const cancel = () => call.cancel();
        signal.addEventListener('abort', cancel, { once: true });
      }),

    async *stream(method, request, signal) {
      const call = client.makeServerStreamRequest(
        pathOf(method),
        (message: MessageShape<typeof method.input>) => Buffer.from(toBinary(method.input, message)),
        (bytes) => fromBinary(method.output, bytes),
        create(method.input, request),
      );
      const cancel = () => call.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      if (signal.aborted) cancel();
      try {
        for await (const message of call) yield message as MessageShape<typeof method.output>;
      } catch (error) {
        throw failedBy(error as ServiceError);
      } finally {
        signal.removeEventListener('abort', cancel);
        cancel();
      }
    },

    close: () => client.close(),
  };
}
