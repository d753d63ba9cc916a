// Unary gRPC calls with messages of src/gen. Turns what grpc-js rejects with into CallFailed, which knows whether to try again.
import { createSecureContext } from 'node:tls';
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import {
  type ChannelOptions,
  Client,
  credentials,
  logVerbosity,
  Metadata,
  type ServiceError,
  setLogVerbosity,
  status,
} from '@grpc/grpc-js';
import { holdingClock } from '../clock.js';
import { clientError } from './errors.js';
import type { HttpProxy } from './proxy.js';

/** The SDK's own limit for one attempt. */
export const callTimeoutMs = 60_000;

/** The SDK's own limit. */
export const mostAnswerBytes = 4 * 2 ** 20;

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
  'grpc.max_receive_message_length': mostAnswerBytes,
  // A service that restarts is back in seconds. grpc-js would let two minutes pass between attempts to connect.
  'grpc.initial_reconnect_backoff_ms': 250,
  'grpc.max_reconnect_backoff_ms': 2_000,
  // Its own rule about proxies knows no loopback and other variables than transfers would: ours is in proxy.ts.
  'grpc.enable_http_proxy': 0,
};

/** How grpc-js words failures of the connection. A service that refuses for now has another text. */
const connectionLost =
  /No connection established|Connection dropped|Name resolution failed|RST_STREAM|Session closed|ECONN|EPIPE|EHOST|ENET|Protocol error/;

/** `No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:9. Resolution note: ` → its middle, in one line. @internal */
export const tidy = (details: string) =>
  details
    .replace(/^No connection established\. Last error: (Error: )?/, '')
    .replace(/\.? Resolution note:.*$/s, '')
    .replace(/ \(\d{4}-[-\d]+T[\d:.]+Z\)$/, '')
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

  /** It failed on the way: the service has not refused it. */
  get lost(): boolean {
    return connectionLost.test(this.detail);
  }

  /** gRPC's name of the code, for example `NOT_FOUND`. */
  get status(): string {
    return status[this.code] ?? `code ${this.code}`;
  }
}

/** grpc-js's own way does not know the authorities that NODE_EXTRA_CA_CERTS names. Transfers do. */
const ownSsl = () => credentials.createFromSecureContext(createSecureContext());

export interface Transport {
  /** One attempt. Rejects with CallFailed, or with ABORTED when the signal fires. */
  call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    signal: AbortSignal,
  ): Promise<MessageShape<O>>;
  close(): void;
}

export interface TransportParameters {
  /** Asked at each call. */
  readonly headersOf: () => Readonly<Record<string, string>>;
  readonly proxy: HttpProxy | undefined;
}

/** Connects on the first call, and again whenever the connection is lost. */
export function createTransport(url: URL, { headersOf, proxy }: TransportParameters): Transport {
  // What it would write on standard error comes with the failed call too.
  setLogVerbosity(logVerbosity.NONE);
  const secure = url.protocol === 'https:';
  const target = `${url.hostname}:${url.port || (secure ? 443 : 80)}`;
  const client = new Client(
    proxy === undefined ? target : `dns:${authorityOf(proxy)}`,
    secure ? ownSsl() : credentials.createInsecure(),
    { ...channelOptions, ...tunnelOptions(target, proxy) },
  );
  const detailOf = ({ details }: ServiceError) =>
    // A proxy that refuses is reported without a reason.
    proxy !== undefined && details.includes('Last error: undefined')
      ? `No connection established. Last error: the proxy ${authorityOf(proxy)} of ${proxy.variable} does not connect to ${target}`
      : details;
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
          // grpc-js compares it with the system's own clock.
          { deadline: holdingClock.now() + callTimeoutMs },
          (error: ServiceError | null, answer) => {
            signal.removeEventListener('abort', onAbort);
            if (signal.aborted) reject(clientError('ABORTED', {}, { cause: signal.reason }));
            else if (error !== null) reject(new CallFailed(method.name, error.code, detailOf(error)));
            else resolve(answer as MessageShape<typeof method.output>);
          },
        );
        const onAbort = () => call.cancel();
        signal.addEventListener('abort', onAbort, { once: true });
      }),
    close: () => client.close(),
  };
}

const authorityOf = ({ hostname, port }: HttpProxy) => `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;

/** The options by which grpc-js itself goes through a proxy that it has found in the environment. */
function tunnelOptions(target: string, proxy: HttpProxy | undefined): ChannelOptions {
  if (proxy === undefined) return {};
  return {
    'grpc.http_connect_target': `dns:${target}`,
    'grpc.default_authority': target,
    ...(proxy.credentials !== undefined && { 'grpc.http_connect_creds': proxy.credentials }),
  };
}
