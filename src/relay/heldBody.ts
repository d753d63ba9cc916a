// Small bodies are held until they are whole, so that they can be sent again. Larger ones pass through once.
import { Readable } from 'node:stream';
import { grpcFormOf } from '../transport/grpc/contentType.js';
import type { RelayedRequest } from './upstream.js';

export interface HeldBody {
  /** It can be sent again. */
  readonly isWhole: boolean;
  /** Undefined: the request ends with its head. */
  open(): Readable | undefined;
}

/** A call has some hundred bytes (bytes). */
const mostHeldBytes = 65_536;

/** Reads the body of a call, and of a request that announces a short one. */
export async function heldBody({ headers, body }: RelayedRequest): Promise<HeldBody> {
  if (body === undefined) return { isWhole: true, open: () => undefined };
  const length = headers['content-length'];
  const isCall = grpcFormOf(`${headers['content-type'] ?? ''}`) !== undefined;
  const isShort = length === undefined ? isCall : Number(length) <= mostHeldBytes;
  if (!isShort) return { isWhole: false, open: () => body };
  const chunks: Buffer[] = [];
  let bytes = 0;
  const reading = body.iterator({ destroyOnReturn: false });
  for await (const chunk of reading) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).byteLength;
    if (bytes > mostHeldBytes) return { isWhole: false, open: () => Readable.from(after(chunks, body), binary) };
  }
  return { isWhole: true, open: () => Readable.from(chunks, binary) };
}

const binary = { objectMode: false } as const;

async function* after(chunks: readonly Buffer[], rest: Readable): AsyncGenerator<Buffer, void, void> {
  yield* chunks;
  for await (const chunk of rest) yield chunk as Buffer;
}
