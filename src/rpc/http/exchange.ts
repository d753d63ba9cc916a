// One HTTP request and its answer, as the routes see it: nothing here is particular to HTTP/1.1, so that HTTP/2 streams can be
// answered by the same routes. `http1.ts` makes them from Node's server.
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number>>;
  /** A stream must be as long as its `content-length` header says. */
  readonly body?: Uint8Array | Readable;
}

export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Not read yet. A route may leave it unread, whole or in part. */
  readonly body: Readable;
  /** Aborted when the client goes away before its answer is complete. */
  readonly signal: AbortSignal;
  /** Bytes that have arrived from and gone to the client, at whatever layer is at hand: good for seeing progress only. */
  receivedBytes(): number;
  sentBytes(): number;
  /** Sends the one answer; resolves when it was handed to the system. Rejects when its body breaks off or the client is gone. */
  answer(answer: Answer): Promise<void>;
}

export const answerJson = (exchange: Exchange, status: number, value: unknown): Promise<void> => {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  const headers = {
    'content-type': 'application/json',
    'content-length': body.byteLength,
    'cache-control': 'no-store',
  };
  return exchange.answer({ status, headers, body });
};
