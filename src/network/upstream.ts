// Calls to the network: raw bytes in, raw bytes or a status out, over a few connections that stay open. Nothing of a client's call goes up
// but its message.

import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { Client, credentials, logVerbosity, type ServiceError, setLogVerbosity } from '@grpc/grpc-js';
import { type Clock, holdingClock } from '../clock.js';
import { printable } from '../printable.js';
import { isNonceRefusal } from './nonceOwner.js';
import type { Direction, Reachability } from './reachability.js';

export type UpstreamAnswer =
  | { readonly ok: true; readonly bytes: Uint8Array }
  /** `code`: gRPC's number. `text` is cut and printable. */
  | { readonly ok: false; readonly code: number; readonly text: string };

export interface Upstream {
  /** One try. Never rejects. */
  forward(path: string, message: Uint8Array): Promise<UpstreamAnswer>;
  /** An unsigned read, tried again while it is not answered, within `budgetMs`. Rejects with an UpstreamError. */
  read<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    budgetMs?: number,
  ): Promise<MessageShape<O>>;
  close(): void;
}

export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  constructor(
    readonly code: number,
    readonly text: string,
  ) {
    super(`the network answered ${code}: ${text}`);
  }
}

/** Two connections: one that a large proof fills must not hold status reads up. */
const connections = 2;
/** Of one try (ms). */
const tryMs = 20_000;
/** A network that is away for seconds is not noticed by clients (ms). */
const usualBudgetMs = 45_000;
const retryPauseMs = 1_000;
const longestText = 512;

/** Answers that a second try may change: UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL, UNKNOWN, CANCELLED, ABORTED. */
const passing = new Set([1, 2, 4, 10, 13, 14]);
export const mayPass = (code: number): boolean => passing.has(code);

const unknown = 2;
const highestCode = 16;
/** A status that no gRPC knows says nothing of what was done. */
const knownCode = (code: number): number =>
  Number.isInteger(code) && code > 0 && code <= highestCode ? code : unknown;
/** UNAVAILABLE, DEADLINE_EXCEEDED, UNKNOWN, CANCELLED, INTERNAL: of whatever is between, or of a network that cannot do anything now. */
const away = new Set([1, 2, 4, 13, 14]);

/** Of any status, of whatever number and text. */
export const answerOf = ({ code, text, bytes }: { code: number; text: string; bytes: Uint8Array }): UpstreamAnswer =>
  code === 0 ? { ok: true, bytes } : { ok: false, code: knownCode(code), text: printable(text, longestText) };

/** Not of what is between, and not of a network that cannot do anything now. */
export const isFromNetwork = (answer: UpstreamAnswer): boolean =>
  answer.ok || !away.has(answer.code) || isNonceRefusal(answer.text);

const untouched = (bytes: Buffer) => bytes;

const options = {
  'grpc.keepalive_time_ms': 15_000,
  'grpc.keepalive_timeout_ms': 15_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.initial_reconnect_backoff_ms': 250,
  'grpc.max_reconnect_backoff_ms': 2_000,
  'grpc.max_receive_message_length': 64 * 2 ** 20,
  'grpc.max_send_message_length': -1,
  'grpc.enable_http_proxy': 0,
  'grpc.use_local_subchannel_pool': 1,
};

/** What is signed, and changes something. All else is read. */
const writes = new Set([
  'CreateArtifact',
  'CreateProgram',
  'RequestProof',
  'FulfillProof',
  'FailFulfillment',
  'FailExecution',
]);

export const directionOf = (path: string): Direction => (writes.has(path.split('/').at(-1) ?? '') ? 'writes' : 'reads');

/** `note` is called when a call has ended: with its direction, whether the network has answered, and else what was said. */
export function createUpstream({
  url,
  clock,
  note = () => {},
}: {
  url: URL;
  clock: Clock;
  note?: Reachability['note'];
}): Upstream {
  // What the network says wrongly it would print, at any length and in any bytes.
  setLogVerbosity(logVerbosity.NONE);
  const isSecure = url.protocol === 'https:';
  const target = `${url.hostname}:${url.port || (isSecure ? 443 : 80)}`;
  const clients = Array.from(
    { length: connections },
    () => new Client(target, isSecure ? credentials.createSsl() : credentials.createInsecure(), options),
  );
  let next = 0;

  function forward(path: string, message: Uint8Array): Promise<UpstreamAnswer> {
    next = (next + 1) % clients.length;
    const client = clients[next] as Client;
    const direction = directionOf(path);
    return new Promise((resolve) => {
      const done = (error: ServiceError | null, bytes?: Buffer) => {
        const answer = answerOf({
          code: error?.code ?? 0,
          text: error?.details ?? '',
          bytes: bytes ?? Buffer.alloc(0),
        });
        note(direction, isFromNetwork(answer), answer.ok ? undefined : answer.text);
        resolve(answer);
      };
      // grpc-js compares it with the system's own clock.
      const deadline = holdingClock.now() + tryMs;
      client.makeUnaryRequest(path, untouched, untouched, Buffer.from(message), { deadline }, done);
    });
  }

  return {
    forward,
    read: readsBy({ forward, clock }),
    close() {
      for (const client of clients) client.close();
    },
  };
}

/** Unsigned reads by single tries. */
export const readsBy =
  ({ forward, clock }: Pick<Upstream, 'forward'> & { readonly clock: Clock }): Upstream['read'] =>
  async (method, request, budgetMs = usualBudgetMs) => {
    const bytes = toBinary(method.input, create(method.input, request));
    const givesUpAt = clock.steady() + budgetMs;
    for (;;) {
      const answer = await forward(`/${method.parent.typeName}/${method.name}`, bytes);
      if (answer.ok) return parsed(method.output, answer.bytes);
      if (!mayPass(answer.code) || clock.steady() >= givesUpAt) throw new UpstreamError(answer.code, answer.text);
      await new Promise<void>((resolve) => clock.wakeIn(retryPauseMs, resolve));
    }
  };

const unreadable = 13;

export function parsed<O extends DescMessage>(schema: O, bytes: Uint8Array): MessageShape<O> {
  try {
    return fromBinary(schema, bytes);
  } catch {
    throw new UpstreamError(unreadable, 'the answer of the network cannot be read');
  }
}
