// One unary call of gRPC over an upstream that is attested. It fails in the ways and words of grpc-js, so that a client is the same over either.
import { Readable } from 'node:stream';
import { status } from '@grpc/grpc-js';
import type { Clock } from '../clock.js';
import type { Ask, RelayedAnswer } from '../relay/upstream.js';
import { joinSignals } from './sleep.js';
import { CallFailed, callTimeoutMs, mostAnswerBytes } from './transport.js';

export interface UnaryParameters {
  readonly name: string;
  /** `/service/method`. */
  readonly path: string;
  readonly authority: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly message: Uint8Array;
  readonly clock: Pick<Clock, 'wakeIn'>;
  readonly signal: AbortSignal;
}

const prefixBytes = 5;

/** The answer's message. Rejects with CallFailed, with a FailureError of the upstream, or with what the signal says. */
export async function unaryCall(ask: Ask, of: UnaryParameters): Promise<Uint8Array> {
  const late = new AbortController();
  const tooLate = new CallFailed(of.name, status.DEADLINE_EXCEEDED, 'Deadline exceeded');
  const cancel = of.clock.wakeIn(callTimeoutMs, () => late.abort(tooLate));
  const { signal, leave } = joinSignals([of.signal, late.signal]);
  try {
    const request = {
      protocol: 'http2',
      method: 'POST',
      target: of.path,
      authority: of.authority,
      headers: {
        ...of.headers,
        'content-type': 'application/grpc',
        te: 'trailers',
        'user-agent': 'sealed-prover/1 node',
      },
      body: Readable.from([frameOf(of.message)]),
    } as const;
    const answer = await ask(request, { signal, inform: () => {} });
    const body = answer.body === undefined ? Buffer.alloc(0) : await readWhole(answer.body, of.name);
    return messageOf(body, endOf(answer), of.name);
  } catch (error) {
    throw late.signal.aborted ? tooLate : error;
  } finally {
    cancel();
    leave();
  }
}

function frameOf(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([prefix, message]);
}

/** At most what a call may be answered with. */
export async function readWhole(body: Readable, name: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += (chunk as Buffer).byteLength;
    if (size > mostAnswerBytes + prefixBytes)
      throw new CallFailed(name, status.RESOURCE_EXHAUSTED, `The answer has more than ${mostAnswerBytes} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

interface End {
  readonly code: number;
  readonly details: string;
}

function endOf({ status: httpStatus, headers, trailers }: RelayedAnswer): End {
  const fields = headers['grpc-status'] === undefined ? trailers() : headers;
  const code = fields['grpc-status'];
  if (code === undefined) return { code: status.UNAVAILABLE, details: `Received HTTP status code ${httpStatus}` };
  return { code: Number(code), details: decoded(`${fields['grpc-message'] ?? ''}`) };
}

/** One message as it was sent. */
function messageOf(body: Buffer, { code, details }: End, name: string): Uint8Array {
  if (code !== status.OK) throw new CallFailed(name, code, details);
  const isWhole = body.length >= prefixBytes && body[0] === 0 && body.readUInt32BE(1) === body.length - prefixBytes;
  if (!isWhole) throw new CallFailed(name, status.INTERNAL, 'The answer is not one message');
  return new Uint8Array(body.subarray(prefixBytes));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not percent-encoded as it ought to be.
    return text;
  }
}
