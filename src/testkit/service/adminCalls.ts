// Calls of operators by both transports of an admin socket, or of their port.
import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import type { NetConnectOpts } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  fromJson,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { framed } from '../../transport/grpc/message.js';
import { called } from '../transport/listenerRig.js';

const prefixBytes = 5;

export const pathOf = (method: DescMethodUnary): string => `/${method.parent.typeName}/${method.name}`;

/** For HTTP/1.1, where `path` is that of the request. */
export const reachedAt = (to: NetConnectOpts): RequestOptions =>
  'path' in to ? { socketPath: to.path } : { host: to.host, port: to.port };

/** `OK`'s message, or gRPC's status and sentence. */
export type GrpcAnswer<O extends DescMessage> =
  | { readonly message: MessageShape<O> }
  | { readonly status: number; readonly sentence: string };

export async function callGrpc<I extends DescMessage, O extends DescMessage>(
  to: NetConnectOpts,
  method: DescMethodUnary<I, O>,
  given: MessageInitShape<I>,
  headers: IncomingHttpHeaders = {},
): Promise<GrpcAnswer<O>> {
  const bytes = framed(toBinary(method.input, create(method.input, given)));
  const { head, trailers, body } = await called(to, pathOf(method), headers, bytes);
  const status = Number(trailers['grpc-status'] ?? head['grpc-status']);
  if (status === 0) return { message: fromBinary(method.output, body.subarray(prefixBytes)) };
  const sentence = trailers['grpc-message'] ?? head['grpc-message'];
  return { status, sentence: decodeURIComponent(String(sentence)) };
}

export interface JsonAnswer {
  readonly status: number;
  readonly body: JsonValue;
}

/** Sends a body as it is. */
export function post(
  to: NetConnectOpts,
  path: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' },
  method = 'POST',
): Promise<JsonAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request({ ...reachedAt(to), path, method, headers, agent: false }, (response) => {
      text(response)
        .then((said) => resolve({ status: response.statusCode ?? 0, body: JSON.parse(said) as JsonValue }))
        .catch(reject);
    });
    sent.on('error', reject).end(body);
  });
}

export async function callJson<I extends DescMessage, O extends DescMessage>(
  to: NetConnectOpts,
  method: DescMethodUnary<I, O>,
  given: MessageInitShape<I>,
): Promise<MessageShape<O>> {
  const sent = JSON.stringify(toJson(method.input, create(method.input, given)));
  const { status, body } = await post(to, pathOf(method), sent);
  if (status !== 200) throw new Error(`${pathOf(method)}: ${status} ${JSON.stringify(body)}`);
  return fromJson(method.output, body);
}
