// gRPC calls of raw bytes, as no sane client would make them, and what may never be in an answer.
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { type DescMethodUnary, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { Context } from '../../client/context.js';
import { freshNonce } from '../../client/nonce.js';
import { holdingClock } from '../../clock.js';
import {
  MessageFormat,
  type RequestProofRequestBody,
  RequestProofRequestBodySchema,
} from '../../gen/network/network_pb.js';

export interface RawAnswer {
  /** gRPC's name, for example `OK`. */
  readonly status: string;
  readonly detail: string;
  readonly bytes: Buffer;
}

export interface RawCaller {
  call(
    method: DescMethodUnary | string,
    bytes: Uint8Array,
    metadata?: Readonly<Record<string, string>>,
  ): Promise<RawAnswer>;
  close(): void;
}

/** A call without an answer by then is a failure of its own (ms). */
const answerWithinMs = 60_000;
const untouched = (bytes: Buffer) => bytes;

/** Every answer is checked: it has a status, and nothing of the service's insides. */
export function createRawCaller(port: number, channel = credentials.createInsecure()): RawCaller {
  const client = new Client(`127.0.0.1:${port}`, channel);
  return {
    call(method, bytes, metadata = {}) {
      const path = typeof method === 'string' ? method : `/${method.parent.typeName}/${method.name}`;
      const sent = new Metadata();
      for (const [name, value] of Object.entries(metadata)) sent.set(name, value);
      return new Promise((resolve) => {
        const done = (error: ServiceError | null, answer?: Buffer) => {
          const found = {
            status: status[error?.code ?? 0] as string,
            detail: error?.details ?? '',
            bytes: answer ?? Buffer.alloc(0),
          };
          assertNothingInternal(found.detail);
          resolve(found);
        };
        const options = { deadline: holdingClock.now() + answerWithinMs };
        client.makeUnaryRequest(path, untouched, untouched, Buffer.from(bytes), sent, options, done);
      });
    },
    close: () => client.close(),
  };
}

/** No stack, no path, no name of a source file or library. */
export function assertNothingInternal(text: string): void {
  assert.doesNotMatch(
    text,
    /\n\s+at |node_modules|node:|\.[jt]s\b|\/(?:tmp|home|root|usr|var|work)\b|TypeError|RangeError|lmdb|protobuf/i,
  );
}

/** A signed envelope: format, signature, body. The bodies' fields have number 3 in all of them. */
export const envelope = (signature: Uint8Array, ...bodies: Uint8Array[]): Uint8Array => {
  const writer = new BinaryWriter().tag(1, WireType.Varint).int32(MessageFormat.BINARY);
  writer.tag(2, WireType.LengthDelimited).bytes(signature);
  for (const body of bodies) writer.tag(3, WireType.LengthDelimited).bytes(body);
  return writer.finish();
};

export const bodyBytes = (body: RequestProofRequestBody): Uint8Array => toBinary(RequestProofRequestBodySchema, body);

/** A nonce that the service takes now. */
export const nonceFor = (context: Context): Promise<bigint> =>
  context.attempt('GetNonce', {}, (call) => freshNonce(context, call));
