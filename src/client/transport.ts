// Unary gRPC calls with messages of src/gen. Turns what grpc-js rejects with into CallFailed, which knows whether to try again.
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { Clock } from '../clock.js';
import { clientError } from './errors.js';

/** The SDK's own limit for one attempt. */
const callTimeoutMs = 60_000;

/** gRPC codes after which the SDK (≥ 6.2.4) tries again. */
const transientCodes = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.INTERNAL,
  status.ABORTED,
  status.CANCELLED,
]);

const channelOptions = {
  // A service sends newer fields to clients that it knows to read them, and this is the name it looks for.
  'grpc.primary_user_agent': 'sealed-prover/1',
  // The SDK's figures: pings each 15 s, answers of at most 4 MiB.
  'grpc.keepalive_time_ms': 15_000,
  'grpc.keepalive_timeout_ms': 15_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.max_receive_message_length': 4 * 2 ** 20,
  // A service that restarts is back in seconds; grpc-js would let two minutes pass between attempts to connect.
  'grpc.initial_reconnect_backoff_ms': 250,
  'grpc.max_reconnect_backoff_ms': 2_000,
};

/** How grpc-js words failures of the connection; a service that refuses for now has another text. */
const connectionLost =
  /No connection established|Connection dropped|Name resolution failed|RST_STREAM|Session closed|ECONN|EPIPE|EHOST|ENET|Protocol error/;

/** `No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:9. Resolution note: ` → its middle, in one line. */
const tidy = (details: string) =>
  details
    .replace(/^No connection established\. Last error: (Error: )?/, '')
    .replace(/\.? Resolution note:.*$/s, '')
    .replace(/\s+/g, ' ')
    .trim();

/** One attempt of a call that did not succeed. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
  constructor(
    readonly call: string,
    readonly code: number,
    readonly detail: string,
  ) {
    super(tidy(detail));
  }

  get transient(): boolean {
    return (
      transientCodes.has(this.code) || (this.code === status.UNKNOWN && this.detail.includes('service was not ready'))
    );
  }

  /** It failed on the way: nobody there has refused anything. */
  get lost(): boolean {
    return connectionLost.test(this.detail);
  }

  /** gRPC's name of the code, for example `NOT_FOUND`. */
  get status(): string {
    return status[this.code] ?? `code ${this.code}`;
  }
}

export interface Transport {
  /** One attempt. Rejects with CallFailed, or with ABORTED when the signal fires. */
  call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    signal: AbortSignal,
  ): Promise<MessageShape<O>>;
  close(): void;
}

/** Connects on the first call, and again whenever the connection is lost. `headersOf` is asked at each call. */
export function createTransport(url: URL, clock: Clock, headersOf: () => Readonly<Record<string, string>>): Transport {
  const secure = url.protocol === 'https:';
  const target = `${url.hostname}:${url.port || (secure ? 443 : 80)}`;
  const client = new Client(target, secure ? credentials.createSsl() : credentials.createInsecure(), channelOptions);
  return {
    call: (method, request, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(clientError('ABORTED', {}, { cause: signal.reason }));
        const metadata = new Metadata();
        for (const [name, value] of Object.entries(headersOf())) metadata.set(name, value);
        const call = client.makeUnaryRequest(
          `/${method.parent.typeName}/${method.name}`,
          (message: MessageShape<typeof method.input>) => Buffer.from(toBinary(method.input, message)),
          (bytes) => fromBinary(method.output, bytes),
          create(method.input, request),
          metadata,
          { deadline: clock.now() + callTimeoutMs },
          (error: ServiceError | null, answer) => {
            signal.removeEventListener('abort', onAbort);
            if (signal.aborted) reject(clientError('ABORTED', {}, { cause: signal.reason }));
            else if (error !== null) reject(new CallFailed(method.name, error.code, error.details));
            else resolve(answer as MessageShape<typeof method.output>);
          },
        );
        const onAbort = () => call.cancel();
        signal.addEventListener('abort', onAbort, { once: true });
      }),
    close: () => client.close(),
  };
}
